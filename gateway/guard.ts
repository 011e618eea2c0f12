import type { Account } from "./account.ts";
import { watchButton } from "./button.ts";
import type { Config } from "./config.ts";
import { type Controls, followControls } from "./controls.ts";
import type { Eye } from "./eye/eye.ts";
import type { Flow } from "./flow.ts";
import { ledIndicator, noIndicator } from "./indicator.ts";
import type { Logger } from "./log.ts";
import { openParts } from "./parts.ts";
import { keepPause, readPause } from "./pause.ts";
import { followPermissions } from "./permissions.ts";
import { openPermissions } from "./protect/protect.ts";
import type { GatewayEvent } from "./publish/publish.ts";
import { type Holder, openShutter } from "./shutter.ts";
import type { Clock } from "./terms.ts";

/**
 * Everything that has a say in whether cameras are open, joined to the shutter:
 *
 *   teacher (page, MQTT, button) ─┐
 *   timetable ────────────────────┼──▶ shutter ──▶ light on, written down ──▶ cameras
 *   profile and its sign-off ─────┘
 */
export interface Guard {
  readonly obey: Controls["obey"];
  /** Who holds the cameras shut, and why; empty while they may be open. */
  readonly holders: ReadonlyMap<Holder, string>;
  /** The eye is up, with its cameras shut: opens them if nobody minds. Rejects when the light in the room does not shine. */
  attach(eye: Eye): Promise<void>;
  close(): Promise<void>;
}

export interface GuardContext {
  readonly flow: Flow;
  readonly account: Account["add"];
  readonly tell: (event: GatewayEvent) => void;
}

/** Asks profile and timetable before it resolves, so that nothing opens that may not. */
export async function openGuard(
  { privacy, site, room, dataFolder }: Pick<Config, "privacy" | "site" | "room" | "dataFolder">,
  { flow, account, tell }: GuardContext,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<Guard> {
  const parts = openParts();
  const light = parts.add(privacy.indicator ? ledIndicator(privacy.indicator.led) : noIndicator, (it) =>
    it.off(),
  );
  await light.off();

  const permissions = openPermissions(privacy, { site, room });
  const shutter = openShutter({
    pause: (paused) => flow.pause(paused),
    async opening() {
      // A lesson may have ended during the pause that is over now.
      if (!(await permissions.ask(clock.now())).granted) return false;
      await account("cameras_opened", { profile: privacy.profile });
      await light.on();
      return true;
    },
    async closed(by, because) {
      await light.off();
      await account("cameras_closed", { by, because });
    },
  });
  const controls = parts.add(
    followControls({
      flow,
      shutter,
      account: (kind, by) => account(kind, { by }),
      keep: (pause) => keepPause(dataFolder, pause),
      before: await readPause(dataFolder, clock.now()),
      tell,
      log,
      clock,
    }),
    (it) => it.close(),
  );
  if (privacy.button) {
    const press = () =>
      void controls.toggle().catch((error) => log.error({ err: error }, "the button could not be obeyed"));
    parts.add(watchButton(privacy.button, press, { log, clock }), (it) => it.close());
  }
  parts.add(await followPermissions({ permissions, shutter, flow, log, clock }), (it) => it.close());

  return {
    obey: controls.obey,
    holders: shutter.holders,
    attach: shutter.attach,
    close: () => parts.close(log),
  };
}
