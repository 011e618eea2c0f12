import pino from "pino";
import { afterEach } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import type { ErrorCode } from "../../../gateway/errors.ts";
import type { Camera, CameraContext } from "../../../gateway/eye/capture/camera.ts";
import { openInspector } from "../../../gateway/eye/capture/health/inspect.ts";
import { type Watch, watch } from "../../../gateway/eye/watch.ts";
import type { Frame } from "../../../gateway/terms.ts";
import { until } from "../../support/programs.ts";

interface Patience {
  readonly stalledAfterSeconds: number;
  readonly frozenAfterSeconds: number;
}

const watches: Watch[] = [];

/** Ends every look that is left; to be awaited before what is looked at is taken away. */
export const stopLooking = () => Promise.all(watches.splice(0).map((each) => each.stop()));
afterEach(stopLooking);

/** Looks through a camera as the eye does, and tells what became of it. */
export function lookThrough(
  open: (context: CameraContext) => Promise<Camera>,
  { stalledAfterSeconds, frozenAfterSeconds }: Patience,
) {
  const changes: string[] = [];
  const codes: Array<ErrorCode | undefined> = [];
  const logged: string[] = [];
  const frames: Frame[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => logged.push(line) });
  const watched = watch(() => open({ name: "front", clock, log, pace: "live" }), {
    ...{ clock, stalledAfterSeconds, again: true },
    inspector: openInspector({ mask: [], pictures: "filmed", frozenAfterSeconds }),
    async look(frame) {
      frames.push(frame);
    },
    say(state, problem, code) {
      changes.push(problem ? `${state}: ${problem}` : state);
      codes.push(code);
    },
  });
  watches.push(watched);
  return {
    ...{ changes, codes, frames, logged },
    /** Waits for so many more pictures. */
    sees(count = 3) {
      const before = frames.length;
      return until(
        () => frames.length >= before + count || undefined,
        25,
        () => `pictures (${changes})`,
      );
    },
    /** Waits until its last word has that in it. */
    says: (what: string) =>
      until(
        () => changes.at(-1)?.includes(what) || undefined,
        25,
        () => `${what} (${changes})`,
      ),
  };
}
