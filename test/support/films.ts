import { once } from "node:events";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { findFfmpeg } from "../../gateway/eye/capture/ffmpeg.ts";
import { start } from "./programs.ts";

/** Writes a folder of drawn pictures, each of which tells its number by how red it is: `20 × number`. */
export async function drawPictures(folder: string, count: number, width = 64, height = 48): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (let number = 0; number < count; number += 1) {
    const background = { r: number * 20, g: 128, b: 60 };
    const picture = sharp({ create: { width, height, channels: 3, background } });
    await picture.png().toFile(path.join(folder, `picture-${number}.png`));
  }
  return folder;
}

/** Makes a real H.264 film of drawn pictures, two a second. `options` stand before the output's name. */
export async function makeVideo(
  file: string,
  { count = 10, width = 64, height = 48, options = [] as readonly string[] } = {},
): Promise<string> {
  const folder = await drawPictures(`${file}.pictures`, count, width, height);
  const input = ["-framerate", "2", "-i", path.join(folder, "picture-%d.png")];
  const coded = ["-c:v", "libx264", "-pix_fmt", "yuv420p", ...options];
  await run("-loglevel", "error", "-y", ...input, ...coded, file);
  await rm(folder, { recursive: true });
  return file;
}

/** Runs ffmpeg to its end. */
export async function run(...options: readonly string[]): Promise<void> {
  const { child, said } = start(await findFfmpeg(), ["-nostdin", ...options]);
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${said()}`);
}
