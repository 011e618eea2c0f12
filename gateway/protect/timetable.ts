import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { reason } from "../errors.ts";
import { lessonsIn, type Period } from "./calendar.ts";

export const timetableOptions = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      "An iCalendar file (.ics) with the room's lessons. Cameras open only during its events. Read again when it changes; while it cannot be read, cameras stay shut.",
    ),
  location: z
    .string()
    .min(1)
    .optional()
    .describe("Only events with exactly this LOCATION count: for a file with the whole school in it."),
  lessonNames: z
    .boolean()
    .default(false)
    .describe(
      "Take an event's SUMMARY as the name of the lesson. It is published: see that it names no person.",
    ),
});
export type TimetableOptions = z.output<typeof timetableOptions>;

/** What the timetable says of a moment. */
export type Moment =
  | { readonly lesson: Period }
  | {
      readonly lesson: null;
      readonly because: string;
      /** It has none then; one that cannot be read says nothing. */
      readonly isOver: boolean;
    };

export interface Timetable {
  /** Never rejects: a timetable that cannot be read has no lessons. */
  at(now: number): Promise<Moment>;
  /**
   * Whether a lesson ended in `(since, now]`, which are hours apart at most. One that is followed at once by another of its
   * name goes on. So it has, to be safe, where the timetable cannot be read.
   */
  ended(since: number, now: number): Promise<boolean>;
}

const DAY_MS = 86_400_000;

/**
 * Opens nothing and keeps nothing open: the file is read anew when it was changed, and once a day. One that cannot be
 * understood is not gone through again and again either.
 */
export function openTimetable({ file, location }: TimetableOptions): Timetable {
  let read: { state: string; lessons: () => readonly Period[] } | null = null;

  async function lessonsAround(now: number): Promise<readonly Period[]> {
    const day = Math.floor(now / DAY_MS);
    // Whoever puts a file there may well give it the time of another; but when that was done, nobody can set.
    const { mtimeMs, ctimeMs, size, ino } = await stat(file);
    const state = [mtimeMs, ctimeMs, size, ino, day].join();
    if (read?.state !== state) read = { state, lessons: understood(await readFile(file, "utf8"), day) };
    return read.lessons();
  }

  function understood(text: string, day: number): () => readonly Period[] {
    try {
      const lessons = lessonsIn(text, { from: (day - 1) * DAY_MS, to: (day + 2) * DAY_MS, location });
      return () => lessons;
    } catch (error) {
      return () => {
        throw error;
      };
    }
  }

  return {
    async at(now) {
      try {
        const lessons = await lessonsAround(now);
        const lesson = lessons.find(({ start, end }) => start <= now && now < end);
        return lesson
          ? { lesson }
          : { lesson: null, because: "there is no lesson in the timetable now", isOver: true };
      } catch (error) {
        const because = `the timetable ${file} cannot be used: ${reason(error)}`;
        return { lesson: null, because, isOver: false };
      }
    },
    async ended(since, now) {
      try {
        const lessons = await lessonsAround(now);
        const goesOn = ({ end, summary }: Period) =>
          lessons.some((next) => next.start <= end && end < next.end && next.summary === summary);
        return lessons.some((lesson) => since < lesson.end && lesson.end <= now && !goesOn(lesson));
      } catch {
        return true;
      }
    },
  };
}
