import { failure, reason } from "../errors.ts";
import { filmLesson } from "../eye/simulate/film.ts";
import { readLesson } from "../eye/simulate/lesson.ts";
import type { Terminal } from "./terminal.ts";

export interface SimulateOptions {
  readonly out: string;
  readonly seed: number;
  readonly fps: number;
  readonly students: number;
  readonly width: number;
  readonly height: number;
  readonly force?: boolean;
}

/** Draws a scripted lesson into a folder, frame by frame, with the truth beside it. */
export async function simulate(
  terminal: Terminal,
  lessonName: string,
  options: SimulateOptions,
): Promise<void> {
  const lesson = await readLesson(lessonName);
  const bar = terminal.progress(`drawing "${lesson.title}"`, "frames");
  const interrupted = new AbortController();
  const stop = () => interrupted.abort();
  process.once("SIGINT", stop);
  try {
    const { frames } = await filmLesson({
      lesson,
      folder: options.out,
      seed: options.seed,
      framesPerSecond: options.fps,
      students: options.students,
      width: options.width,
      height: options.height,
      force: options.force === true,
      signal: interrupted.signal,
      onProgress: (done, total) => bar.update(done, total),
    });
    bar.end();
    if (interrupted.signal.aborted)
      throw failure("USAGE", {
        problem: `stopped after ${frames} frames; what is in ${options.out} is whole`,
      });
    terminal.say(`${frames} frames and truth.jsonl are in ${options.out}`);
    terminal.emit({ folder: options.out, frames, lesson: lesson.title, seed: options.seed });
  } catch (error) {
    bar.end();
    throw error instanceof RangeError ? failure("USAGE", { problem: reason(error) }, error) : error;
  } finally {
    process.off("SIGINT", stop);
  }
}
