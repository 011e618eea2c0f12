import { z } from "zod";
import { type Activity, type Attention, TARGETS, type Window } from "../terms.ts";
import { learnExpected } from "./expected.ts";
import { BOUNDS, type Bounds } from "./profile.ts";
import { gather, meanHeads, nothingGathered } from "./room.ts";
import { closeWindow } from "./window.ts";
import { openZones, type Placed, zoneOptions } from "./zones.ts";

export { type Turn, watchForDrops } from "./drops.ts";
export {
  type Granted,
  openPermissions,
  type Permissions,
  type PrivacyOptions,
  privacyOptions,
} from "./permission.ts";
export { BOUNDS, type Bounds, PROFILES, type Profile } from "./profile.ts";
export type { FocusTargets } from "./room.ts";
export { type RoomShift, watchForShifts } from "./shifts.ts";

const targets = () => z.array(z.enum(TARGETS));

export const protectOptions = z.strictObject({
  windowSeconds: z
    .int()
    .min(10)
    .max(300)
    .default(10)
    .describe("Length of a window. Windows end on whole multiples of it, so that rooms line up."),
  minimumGroup: z
    .int()
    .min(5)
    .max(100)
    .default(5)
    .describe("Smaller groups are never published; they come out as `suppressed`."),
  minimumCoverage: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe("Below this share of expected heads seen, focus is unknown (`low_coverage`)."),
  expectedHeads: z
    .int()
    .min(1)
    .max(200)
    .optional()
    .describe(
      "How many students there are. Learnt from the most seen lately when left out, and then coverage is relative to that.",
    ),
  focusTargets: z
    .strictObject({
      lecture: targets().default(["board", "desk"]),
      seatwork: targets().default(["desk", "screen"]),
      group: targets().default(["peer", "desk"]),
      exam: targets().default(["desk"]),
      break: targets().default([]),
    })
    .prefault({})
    .describe("Which targets count as focus during each activity."),
  zones: z
    .array(zoneOptions)
    .default([])
    .describe("Parts of the room that are published too, under the profile `research`."),
});
export type ProtectOptions = z.output<typeof protectOptions>;

/** What the teacher (or a flow, or the timetable) says is going on. */
export interface Lesson {
  readonly activity: Activity;
  readonly lesson: string | null;
}

/** What makes windows; see `WindowFacts`. */
export type Source = Pick<Window, "model" | "perception" | "engine">;

/** The only maker of a Window. Pure but for its own sums: time comes in with every call. */
export interface Protector {
  /** Adds one camera's moment. Ignored while paused. @param places where its heads are in the picture, for the zones. */
  take(attention: Attention, lesson: Lesson, places?: readonly Placed[]): void;
  /** The zones' windows that end at `time`. To be asked before `close`. */
  closeZones(time: number, lesson: Lesson): ReadonlyArray<{ readonly zone: string; readonly window: Window }>;
  /**
   * Closes the window that ends at `time` and starts the next one. The last window of a recording may be shorter than
   * the others: `seconds` says how long it was.
   */
  close(time: number, lesson: Lesson, seconds?: number): Window;
  /** While paused nothing is gathered; windows touched by a pause say so. */
  pause(paused: boolean): void;
}

/**
 * @param source what the windows say made them; `model` and `engine` until the first moment comes in, which has its own.
 * @param stretches a window in which a camera looked during only some of so many stretches was only partly covered;
 *   1 for a window that is a single picture.
 * @param bounds of the school's profile: it can make what is said less, never more.
 */
export function openProtector(
  options: ProtectOptions,
  source: Source,
  bounds: Bounds = BOUNDS.aggregate,
  stretches = 4,
): Protector {
  const { windowSeconds, minimumCoverage } = options;
  const minimumGroup = Math.max(options.minimumGroup, bounds.minimumGroup);
  const seenLately = learnExpected();
  const zones = openZones(bounds.zones ? options.zones : [], minimumGroup);
  let gathered = nothingGathered();
  const { perception } = source;
  let { model, engine } = source;
  let paused = false;
  let pausedDuring = false;

  const circumstances = (time: number, { activity, lesson }: Lesson, seconds: number) => ({
    time,
    windowSeconds: seconds,
    activity,
    lesson,
    paused: paused || pausedDuring,
    minimumCoverage,
    stretches: Math.max(1, Math.ceil((stretches * seconds) / windowSeconds)),
    focusApplies: options.focusTargets[activity].length > 0,
    inference: bounds.inference,
    model,
    perception,
    engine,
  });

  return {
    take(attention, { activity }, places = []) {
      if (paused) return;
      ({ model, engine } = attention);
      const into = (attention.time / (windowSeconds * 1000)) % 1;
      const about = { expected: options.focusTargets[activity], stretch: Math.floor(into * stretches) };
      gather(gathered, attention, { ...about, minimumGroup });
      zones.take(attention, places, about);
    },
    closeZones: (time, lesson) => zones.close(circumstances(time, lesson, windowSeconds)),
    close(time, lesson, seconds = windowSeconds) {
      if (gathered.cameras.size > 0) seenLately.see(meanHeads(gathered));
      const window = closeWindow(gathered, {
        ...circumstances(time, lesson, seconds),
        expected: options.expectedHeads ?? seenLately.expected(minimumGroup),
        minimumGroup,
      });
      gathered = nothingGathered();
      pausedDuring = paused;
      return window;
    },
    pause(now) {
      paused = now;
      pausedDuring ||= now;
    },
  };
}
