import { rm, writeFile } from "node:fs/promises";
import { run } from "../../test/support/films.ts";
import { drawRoom, HEIGHT, WIDTH } from "../../test/support/pictures.ts";

const LOOP_SECONDS = 60;
export const FILM_FRAMES_PER_SECOND = 5;

/** What a camera in the drawn classroom films: a minute of its lesson, again and again, as H.264 with a sensor's noise. */
export async function filmLesson(
  file: string,
  { minutes, students, seed }: { minutes: number; students: number; seed: number },
): Promise<string> {
  const raw = `${file}.rgb`;
  const loop = `${file}.loop.mkv`;
  const pictures: Buffer[] = [];
  for (let second = 0; second < LOOP_SECONDS; second++) {
    const { rgb } = await drawRoom({ second: 20 + second, students, seed });
    pictures.push(Buffer.from(rgb));
  }
  await writeFile(raw, Buffer.concat(pictures));
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${WIDTH}x${HEIGHT}`, "-r", "1", "-i", raw];
  const noisy = ["-vf", `fps=${FILM_FRAMES_PER_SECOND},noise=alls=4:allf=t`];
  // A keyframe every two seconds, as cameras are set to; whoever connects waits for one.
  const coder = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "28", "-pix_fmt", "yuv420p", "-bf", "0"];
  const keyframes = ["-g", String(2 * FILM_FRAMES_PER_SECOND)];
  await run("-loglevel", "error", "-y", ...input, ...noisy, ...coder, ...keyframes, loop);
  const again = ["-stream_loop", "-1", "-i", loop, "-t", String(minutes * 60), "-c", "copy"];
  await run("-loglevel", "error", "-y", ...again, file);
  await Promise.all([rm(raw), rm(loop)]);
  return file;
}

/** What a microphone hears: noise that swells slowly, and in the rhythm of syllables. */
export async function recordMurmur(file: string): Promise<string> {
  const murmur = "anoisesrc=color=pink:amplitude=0.3:duration=47,tremolo=f=4:d=0.8,tremolo=f=0.11:d=0.5";
  await run("-loglevel", "error", "-y", "-f", "lavfi", "-i", murmur, "-ar", "16000", "-ac", "1", file);
  return file;
}
