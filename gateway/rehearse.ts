import { correlation, mean } from "../models/attention/score.ts";
import type { PreparedPack } from "../models/manifest.ts";
import { type AttendOptions, attendOptions, openAttender } from "./attend/attend.ts";
import { reason } from "./errors.ts";
import { cameraOptions, eyeOptions, openEye } from "./eye/eye.ts";
import { readLesson } from "./eye/simulate/lesson.ts";
import { openWorld } from "./eye/simulate/world.ts";
import { nextEnd } from "./flow.ts";
import type { Logger } from "./log.ts";
import { type FocusTargets, openProtector, protectOptions } from "./protect/protect.ts";
import type { Clock, View, Window } from "./terms.ts";

export interface RehearsalOptions {
  readonly lesson: string;
  readonly seed: number;
  readonly students: number;
  readonly framesPerSecond: number;
  /** What makes the estimate; the default of the config when left out. */
  readonly model?: AttendOptions["model"];
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the gateway said of a window, and what was so. */
export interface Rehearsed {
  readonly window: Window;
  /** Share of all students, seen or not, on the targets that the activity expects. */
  readonly truth: number;
}

/**
 * Plays a scripted lesson through pixels, eye, attend and protect as in a live room, as fast as it goes, and puts the
 * exact truth beside each window. Nothing but the teacher's word on the activity is taken from the script.
 */
export async function rehearse(
  pack: PreparedPack,
  { lesson: name, seed, students, framesPerSecond, model, onProgress }: RehearsalOptions,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<Rehearsed[]> {
  const lesson = await readLesson(name);
  const camera = cameraOptions.parse({
    driver: "simulated",
    name: "rehearsal",
    lesson: name,
    seed,
    students,
    framesPerSecond,
  });
  if (camera.driver !== "simulated") throw new Error("a rehearsal is simulated");
  const world = openWorld({ ...camera, lesson });
  const protection = protectOptions.parse({ expectedHeads: students });
  const attend = await openAttender(attendOptions.parse({ model }), { log, clock });
  const protect = openProtector(protection, {
    model: attend.model,
    perception: pack.id,
    engine: { provider: "cpu", precision: pack.precision },
  });
  const frames = Math.floor(world.seconds * framesPerSecond);

  const rehearsed: Rehearsed[] = [];
  let truths: number[] = [];
  let end = protection.windowSeconds * 1000;
  async function see(seen: View): Promise<void> {
    const view = { ...seen, time: (seen.sequence / framesPerSecond) * 1000 };
    const { activity, lesson: title } = view.cue!;
    while (view.time >= end) {
      const truth = truths.reduce((sum, value) => sum + value, 0) / truths.length;
      rehearsed.push({ window: protect.close(end, { activity, lesson: title }), truth });
      truths = [];
      end = nextEnd(end, protection.windowSeconds);
    }
    protect.take(await attend.observe(view, activity), { activity, lesson: title });
    truths.push(truthAt(world, view.time / 1000, protection.focusTargets));
    onProgress?.(view.sequence + 1, frames);
  }

  let answered: Promise<void> = Promise.resolve();
  let finish: (problem: string | undefined) => void = () => {};
  const ended = new Promise<string | undefined>((resolve) => {
    finish = resolve;
  });
  const eye = await openEye(
    { ...eyeOptions.parse({ cameras: [camera] }), pack, pace: "every" },
    {
      onView: (view) => {
        answered = answered.then(() => see(view));
        answered.catch((error) => finish(reason(error)));
      },
      onCamera: (_, state, problem) => state === "ended" && finish(problem),
    },
    { log, clock },
  );
  try {
    const problem = await ended;
    await answered;
    if (problem) throw new Error(problem);
  } finally {
    await eye.close();
    await attend.close();
  }
  return rehearsed;
}

function truthAt(world: ReturnType<typeof openWorld>, second: number, focusTargets: FocusTargets): number {
  const { activity, sittings } = world.at(second);
  return sittings.filter(({ target }) => focusTargets[activity].includes(target)).length / sittings.length;
}

/** How well the windows that say something follow the truth. */
export interface Agreement {
  /** Pearson's r between focus and truth, over windows. */
  readonly correlation: number;
  readonly meanAbsoluteError: number;
  /** Share of windows whose 95 % interval holds the truth. */
  readonly insideInterval: number;
  /** Share of windows that say something. */
  readonly known: number;
}

export function agreementOf(rehearsed: readonly Rehearsed[]): Agreement {
  const known = rehearsed.flatMap(({ window: { focus, low, high }, truth }) =>
    focus === null || low === null || high === null ? [] : [{ focus, low, high, truth }],
  );
  return {
    correlation: correlation(
      known.map(({ focus }) => focus),
      known.map(({ truth }) => truth),
    ),
    meanAbsoluteError: mean(known.map((each) => Math.abs(each.focus - each.truth))),
    insideInterval: mean(known.map((each) => Number(each.low <= each.truth && each.truth <= each.high))),
    known: known.length / rehearsed.length,
  };
}
