import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { failure } from "../../errors.ts";
import { packageRoot } from "../../paths.ts";
import { ACTIVITIES, TARGETS, type Target } from "../../terms.ts";
import { readYaml } from "../../yaml.ts";
import { LOOKS } from "./looks.ts";

/** `3:05` or plain seconds → seconds. */
const moment = z
  .union([
    z.number().min(0),
    z.string().regex(/^\d+:[0-5]\d$/, "write the time as minutes:seconds, like 3:05"),
  ])
  .transform((value) => {
    if (typeof value === "number") return value;
    const [minutes, seconds] = value.split(":").map(Number);
    return minutes! * 60 + seconds!;
  });

const perTarget = (of: z.ZodNumber) =>
  z.strictObject(
    Object.fromEntries(TARGETS.map((target) => [target, of.optional()])) as Record<
      Target,
      z.ZodOptional<z.ZodNumber>
    >,
  );

const segment = z.strictObject({
  minutes: z.number().positive().max(240).describe("How long it lasts."),
  activity: z.enum(ACTIVITIES).describe("What the class is doing."),
  screens: z.enum(["open", "closed"]).default("closed").describe("Whether laptops stand open on the desks."),
  windows: z
    .enum(["open", "closed"])
    .optional()
    .describe("Whether the room is aired; closed if left out. Only simulated sensors mind."),
  mix: perTarget(z.number().min(0).max(1)).describe(
    "Share of time that the class spends on each target; what is not named is 0, and they sum to 1.",
  ),
  dwell: perTarget(z.number().min(1).max(600))
    .default({})
    .describe("Mean seconds a student stays with a target."),
});

const event = z.strictObject({
  at: moment.describe("When it begins, from the start of the lesson: 3:05, or seconds."),
  seconds: z.number().positive().max(3600).describe("How long it lasts."),
  share: z.number().min(0).max(1).describe("Share of the class that is caught by it."),
  to: z.enum(LOOKS).describe("What they turn to."),
  note: z.string().optional().describe("What happened, for whoever reads the script."),
});

export const lessonSchema = z
  .strictObject({
    title: z.string().min(1).max(80),
    segments: z.array(segment).min(1),
    events: z.array(event).default([]),
  })
  .superRefine((lesson, context) => {
    const problem = (where: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path: where, message });
    lesson.segments.forEach(({ mix, screens }, index) => {
      const sum = TARGETS.reduce((total, target) => total + (mix[target] ?? 0), 0);
      if (Math.abs(sum - 1) > 0.005)
        problem(["segments", index, "mix"], `the shares sum to ${+sum.toFixed(3)}, not to 1`);
      if (mix.screen && screens === "closed")
        problem(
          ["segments", index, "mix", "screen"],
          "nobody can look at a screen while `screens` is closed",
        );
    });
    const seconds = lesson.segments.reduce((total, { minutes }) => total + minutes * 60, 0);
    lesson.events.forEach(({ at }, index) => {
      if (at >= seconds)
        problem(["events", index, "at"], `the lesson is over by then (it lasts ${seconds} s)`);
    });
  });

/** A lesson script, checked. Times are seconds from its start. */
export type Lesson = z.output<typeof lessonSchema>;
export type Segment = Lesson["segments"][number];
export type LessonEvent = Lesson["events"][number];

/** Mean seconds a student stays with each target, unless the segment says otherwise. */
export const DWELL: Readonly<Record<Target, number>> = { board: 12, desk: 14, screen: 14, peer: 5, away: 6 };

export const lengthOf = (lesson: Lesson): number =>
  lesson.segments.reduce((total, { minutes }) => total + minutes * 60, 0);

/** The segment under way at that second (the last one ever after), and when it began. */
export function segmentAt(
  lesson: Lesson,
  time: number,
): { readonly segment: Segment; readonly start: number } {
  let start = 0;
  for (const segment of lesson.segments) {
    const end = start + segment.minutes * 60;
    if (time < end || segment === lesson.segments.at(-1)) return { segment, start };
    start = end;
  }
  throw new Error("a lesson has at least one segment");
}

/** Reads a lesson that comes with the gateway by its name (`demo`), or any file by its path. Throws INPUT_MISSING, LESSON_INVALID. */
export async function readLesson(nameOrPath: string): Promise<Lesson> {
  const file = /^[\w-]+$/.test(nameOrPath)
    ? path.join(packageRoot, "lessons", `${nameOrPath}.yaml`)
    : path.resolve(nameOrPath);
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (error) {
    throw failure("INPUT_MISSING", { path: file }, error);
  }
  return parseLesson(text, file);
}

/** Parses a lesson script; `file` is for messages. Throws LESSON_INVALID with a line number for each problem. */
export function parseLesson(text: string, file: string): Lesson {
  const read = readYaml(text, lessonSchema);
  if ("problems" in read) throw failure("LESSON_INVALID", { file, problems: read.problems });
  return read.value;
}
