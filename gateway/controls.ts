import { reason } from "./errors.ts";
import type { Flow } from "./flow.ts";
import type { Logger } from "./log.ts";
import type { Pause } from "./pause.ts";
import type { Control, GatewayEvent } from "./publish/publish.ts";
import type { Shutter } from "./shutter.ts";
import type { Clock } from "./terms.ts";

/** Does what the teacher, or a flow, tells the gateway over MQTT, and tells everybody that it was done. */
export interface Controls {
  obey(control: Control): Promise<void>;
  /** The button in the room: pauses, or goes on. */
  toggle(): Promise<void>;
  close(): Promise<void>;
}

export interface ControlsContext {
  readonly flow: Flow;
  readonly shutter: Shutter;
  /** Writes down that somebody paused, or had it go on. */
  readonly account: (kind: "paused" | "resumed", by: string) => Promise<void>;
  /** Keeps it, so that a gateway that is started again is paused still. */
  readonly keep: (pause: Pause | null) => Promise<void>;
  /** What held when it ended. */
  readonly before: Pause | null;
  readonly tell: (event: GatewayEvent) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export function followControls({
  flow,
  shutter,
  account,
  keep,
  before,
  tell,
  log: parentLog,
  clock,
}: ControlsContext): Controls {
  const log = parentLog.child({ part: "controls" });
  let paused = false;
  /** Ends the wait of a pause that is to end by itself. */
  let waiting = new AbortController();

  async function pause(now: boolean, by: string, minutes?: number): Promise<void> {
    waiting.abort();
    waiting = new AbortController();
    const until = minutes === undefined ? null : clock.now() + minutes * 60_000;
    if (now && until !== null) void resumeAt(until, waiting.signal);
    await keep(now ? { until } : null).catch((error) =>
      log.error({ err: error }, "the pause would not outlast a restart"),
    );
    if (now === paused) return;
    paused = now;
    if (now) {
      await shutter.hold("teacher", "it was paused");
      await account("paused", by);
    } else {
      await account("resumed", by);
      await shutter.release("teacher");
    }
    log.info(now ? "sensing is paused, the cameras are closed" : "the pause is over");
    tell({ time: clock.now(), kind: now ? "paused" : "resumed", by });
  }

  async function resumeAt(until: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(until - clock.now(), signal);
    if (signal.aborted) return;
    await pause(false, "the end of its time").catch((error) =>
      log.error({ err: error }, `cannot go on: ${reason(error)}`),
    );
  }

  if (before) {
    paused = true;
    void shutter.hold("teacher", "it was paused before the gateway was started");
    if (before.until !== null) void resumeAt(before.until, waiting.signal);
  }

  return {
    async obey(control) {
      switch (control.kind) {
        case "activity": {
          const { activity, lesson } = control;
          flow.tell(lesson === undefined ? { activity } : { activity, lesson });
          return tell({ time: clock.now(), kind: "activity", activity, lesson: flow.lesson.lesson });
        }
        case "mark":
          return tell({ time: clock.now(), kind: "mark", text: control.text });
        case "pause":
          return pause(control.paused, "message", control.minutes);
        case "notice":
        case "suggestion": {
          const { kind, about, text, source, activity = null } = control;
          return tell({ time: clock.now(), kind, about, text, source, ...(activity && { activity }) });
        }
      }
    },
    toggle: () => pause(!paused, "button"),
    async close() {
      waiting.abort();
    },
  };
}
