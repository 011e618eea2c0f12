import { reason } from "./errors.ts";
import type { Eye } from "./eye/eye.ts";
import type { Flow } from "./flow.ts";
import type { Logger } from "./log.ts";
import type { Control, GatewayEvent } from "./publish/publish.ts";
import type { Clock } from "./terms.ts";

/** Does what the teacher, or a flow, tells the gateway over MQTT, and tells everybody that it was done. */
export interface Controls {
  obey(control: Control): Promise<void>;
  /** The eye is up: a pause that was asked for before holds for it too. */
  attach(eye: Eye): Promise<void>;
  close(): Promise<void>;
}

export interface ControlsContext {
  readonly flow: Flow;
  readonly tell: (event: GatewayEvent) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

export function followControls({ flow, tell, log: parentLog, clock }: ControlsContext): Controls {
  const log = parentLog.child({ part: "controls" });
  let eye: Eye | null = null;
  let paused = false;
  /** Ends the wait of a pause that is to end by itself. */
  let waiting = new AbortController();

  async function pause(now: boolean, minutes: number | undefined): Promise<void> {
    waiting.abort();
    waiting = new AbortController();
    if (now && minutes !== undefined) void resumeAfter(minutes, waiting.signal);
    if (now === paused) return;
    paused = now;
    // Nothing more is counted from this moment on, even while the cameras are still closing.
    if (now) flow.pause(true);
    await (now ? eye?.pause() : eye?.resume());
    if (!now) flow.pause(false);
    log.info(now ? "sensing is paused, the cameras are closed" : "sensing goes on");
    tell({ time: clock.now(), kind: now ? "paused" : "resumed" });
  }

  async function resumeAfter(minutes: number, signal: AbortSignal): Promise<void> {
    await clock.sleep(minutes * 60_000, signal);
    if (signal.aborted) return;
    await pause(false, undefined).catch((error) =>
      log.error({ err: error }, `cannot go on: ${reason(error)}`),
    );
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
          return pause(control.paused, control.minutes);
      }
    },
    async attach(opened) {
      eye = opened;
      if (paused) await eye.pause();
    },
    async close() {
      waiting.abort();
    },
  };
}
