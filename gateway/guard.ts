import type { Account } from "./account.ts";
import { watchButton } from "./button.ts";
import type { Config } from "./config.ts";
import { type Controls, followControls } from "./controls.ts";
import { reason } from "./errors.ts";
import type { Eye } from "./eye/eye.ts";
import type { Flow } from "./flow.ts";
import { openIndicator } from "./indicator.ts";
import type { Logger } from "./log.ts";
import { openParts } from "./parts.ts";
import { keepPause, readPause } from "./pause.ts";
import { followPermissions } from "./permissions.ts";
import { openPermissions } from "./protect/protect.ts";
import type { GatewayEvent } from "./publish/publish.ts";
import { type Holder, type Objection, openShutter } from "./shutter.ts";
import type { Clock } from "./terms.ts";
import { keepTold, readTold } from "./told.ts";

/**
 * Everything that has a say in whether cameras are open, joined to the shutter:
 *
 *   teacher (page, MQTT, button) ─┐
 *   timetable ────────────────────┼──▶ shutter ──▶ light on, written down ──▶ cameras
 *   profile and its sign-off ─────┤
 *   the light, the audit log ─────┘
 */
export interface Guard {
  readonly obey: Controls["obey"];
  /** Who holds the cameras shut, and why; empty while they may be open. */
  readonly holders: ReadonlyMap<Holder, string>;
  /** The eye is up, with its cameras shut: opens them if nobody minds. */
  attach(eye: Eye): Promise<void>;
  /** Closes the cameras, the light and that chapter of the audit log, before the eye goes. */
  detach(): Promise<void>;
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
  around: { readonly log: Logger; readonly clock: Clock },
): Promise<Guard> {
  const { clock } = around;
  // Controls and button name themselves in the log.
  const log = around.log.child({ part: "privacy" });
  const parts = openParts();
  const permissions = openPermissions(privacy, { site, room });
  let said = "";

  /** Without its light, and without being written down, no camera opens. */
  function objection(by: "indicator" | "audit", error: unknown): Objection {
    const because = reason(error);
    if (because !== said) log.error({ err: error }, "the cameras stay shut");
    said = because;
    return { by, because };
  }

  const goneOut = (error: unknown) => {
    void shutter
      .object(objection("indicator", error))
      .catch((thrown) => log.error({ err: thrown }, "the cameras could not be closed"));
  };
  const light = openIndicator(privacy.indicator, goneOut, clock);
  const dim = () =>
    light.off().catch((error) => log.error({ err: error }, "the light could not be switched off"));

  const shutter = openShutter({
    pause: (paused) => flow.pause(paused),
    async opening() {
      // A lesson may have ended during the pause that is over now.
      const answer = await permissions.ask(clock.now());
      if (!answer.granted) return answer;
      const dark = await light.on().catch((error) => objection("indicator", error));
      if (dark) return dark;
      const unwritten = await account("cameras_opened", { profile: privacy.profile }).catch((error) =>
        objection("audit", error),
      );
      if (unwritten) await dim();
      else said = "";
      return unwritten ?? null;
    },
    // They are closed: whatever fails now is told, and holds up nobody.
    async closed(by, because) {
      await dim();
      await account("cameras_closed", { by, because }).catch((error) =>
        log.error({ err: error }, "that the cameras were closed could not be written down"),
      );
    },
  });
  // What is wrong with the light is known before the first lesson.
  await light.off().catch((error) => shutter.object(objection("indicator", error)));
  parts.add(light, () => dim().then(light.close));
  const told = await readTold(dataFolder, clock.now());
  if (told && !(await permissions.lessonEnded(told.at, clock.now()))) flow.tell(told.lesson);
  const controls = parts.add(
    followControls({
      flow,
      shutter,
      account: (kind, by) => account(kind, { by }),
      keep: (pause) => keepPause(dataFolder, pause),
      before: await readPause(dataFolder, clock.now()),
      keepTold: (lesson) => keepTold(dataFolder, lesson, clock.now()),
      tell,
      ...around,
    }),
    (it) => it.close(),
  );
  if (privacy.button) {
    const press = () =>
      void controls.toggle().catch((error) => log.error({ err: error }, "the button could not be obeyed"));
    parts.add(watchButton(privacy.button, press, around), (it) => it.close());
  }
  const { lessonOver } = controls;
  parts.add(await followPermissions({ permissions, shutter, flow, lessonOver, log, clock }), (it) =>
    it.close(),
  );

  return {
    obey: controls.obey,
    holders: shutter.holders,
    attach: shutter.attach,
    detach: () => shutter.detach("the gateway was stopped"),
    close: () => parts.close(log),
  };
}
