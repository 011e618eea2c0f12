import { mkdir, open, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { failure } from "../../errors.ts";
import { jpeg } from "./canvas.ts";
import type { Lesson } from "./lesson.ts";
import type { Lighting } from "./light.ts";
import { openPainter } from "./painter.ts";
import { openWorld, type Truth, truthOf } from "./world.ts";

export interface FilmOptions {
  readonly lesson: Lesson;
  /** Made if it is not there; must be empty unless `force`. */
  readonly folder: string;
  readonly seed?: number;
  readonly students?: number;
  readonly width?: number;
  readonly height?: number;
  /** Pictures for each second of the lesson. */
  readonly framesPerSecond?: number;
  readonly lighting?: Lighting;
  readonly blur?: number;
  readonly noise?: number;
  readonly occlusion?: number;
  /** JPEG quality, 1–100. */
  readonly quality?: number;
  /** Writes into a folder that is not empty, after removing an older film from it. */
  readonly force?: boolean;
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborting ends the film after the frame under way; what is written stays whole. */
  readonly signal?: AbortSignal;
}

/** One line of `truth.jsonl`. `sequence` counts from 0, as frames do; the file of the first is `frame-000001.jpg`. */
export interface TruthLine extends Truth {
  /** Seconds from the lesson's start. */
  readonly time: number;
  readonly sequence: number;
  readonly file: string;
}

/** Writes a lesson as pictures with the exact truth beside them. Throws USAGE when the folder is not empty. */
export async function filmLesson(options: FilmOptions): Promise<{ frames: number }> {
  const { lesson, folder, signal, onProgress } = options;
  const { seed = 1, students = 24, width = 1280, height = 720, framesPerSecond = 2 } = options;
  const {
    lighting = { brightness: 1, warmth: 0 },
    blur = 0,
    noise = 0,
    occlusion = 0,
    quality = 92,
  } = options;
  await prepare(folder, options.force === true);
  const world = openWorld({ lesson, students, seed, width, height, occlusion });
  const painter = openPainter({ room: world.room, seed, width, height, lighting, blur, noise });
  const truth = await open(path.join(folder, "truth.jsonl"), "w");
  const total = Math.max(1, Math.round(world.seconds * framesPerSecond));
  let sequence = 0;
  try {
    for (; sequence < total && !signal?.aborted; sequence++) {
      const time = sequence / framesPerSecond;
      const moment = world.at(time, Math.max(0, time - 1 / framesPerSecond));
      const file = `frame-${String(sequence + 1).padStart(6, "0")}.jpg`;
      await writeFile(path.join(folder, file), await jpeg(await painter.paint(moment), quality));
      const line: TruthLine = { time, sequence, file, ...truthOf(moment) };
      await truth.appendFile(`${JSON.stringify(line, rounded)}\n`);
      onProgress?.(sequence + 1, total);
    }
  } finally {
    await truth.close();
  }
  return { frames: sequence };
}

/** Four decimals: a hundredth of a pixel, and a tenth of a thousandth of a degree. */
const rounded = (_key: string, value: unknown): unknown =>
  typeof value === "number" ? Math.round(value * 1e4) / 1e4 : value;

async function prepare(folder: string, force: boolean): Promise<void> {
  await mkdir(folder, { recursive: true });
  const there = await readdir(folder);
  if (there.length === 0) return;
  if (!force) throw failure("USAGE", { problem: `${folder} is not empty; --force replaces a film in it` });
  const older = there.filter((name) => /^frame-\d{6,}\.jpg$/.test(name) || name === "truth.jsonl");
  await Promise.all(older.map((name) => rm(path.join(folder, name))));
}
