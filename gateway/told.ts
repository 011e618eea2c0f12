import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { replaceFile } from "./folders.ts";
import type { Lesson } from "./protect/protect.ts";
import { ACTIVITIES } from "./terms.ts";

/** Hardly a lesson is longer: what was said earlier was said of another class. */
const HOLDS_MS = 2 * 3_600_000;

const schema = z.strictObject({
  activity: z.enum(ACTIVITIES),
  lesson: z.string().nullable(),
  /** When it was said: ms since the epoch. */
  at: z.number(),
});
const fileIn = (dataFolder: string) => path.join(dataFolder, "told.json");

/** Keeps on disk what the class is doing: a gateway that falls in the middle of group work must not come back to a lecture. */
export const keepTold = (dataFolder: string, { activity, lesson }: Lesson, at: number): Promise<void> =>
  replaceFile(fileIn(dataFolder), JSON.stringify({ activity, lesson, at }), 0o600);

export interface Told {
  readonly lesson: Lesson;
  readonly at: number;
}

/** What was said last, if that was lately; null too where it cannot be read. */
export async function readTold(dataFolder: string, now: number): Promise<Told | null> {
  try {
    const { activity, lesson, at } = schema.parse(JSON.parse(await readFile(fileIn(dataFolder), "utf8")));
    return at <= now && now < at + HOLDS_MS ? { lesson: { activity, lesson }, at } : null;
  } catch {
    return null;
  }
}
