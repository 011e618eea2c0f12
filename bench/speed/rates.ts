import { link, mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { systemClock as clock } from "../../gateway/clock.ts";
import { eyeOptions, openEye } from "../../gateway/eye/eye.ts";
import type { Logger } from "../../gateway/log.ts";
import type { PreparedPack } from "../../models/manifest.ts";
import type { BenchPicture } from "./pictures.ts";

/** How fast the eye process looks when there is always a picture: files, decoding and the way to the gateway included. */
export interface Rate {
  readonly framesPerSecond: number;
  readonly facesPerSecond: number;
  /** Resident memory of the eye process at its highest. */
  readonly megabytes: number;
}

export interface RateQuestion {
  readonly pictures: readonly BenchPicture[];
  readonly cameras: number;
  /** Of all cameras together. */
  readonly frames: number;
  /** A folder that is made, filled and removed. */
  readonly folder: string;
}

/** Frames that do not count: seats are not known yet, and memory is not warm. */
const WARM_UP = 6;

/** Plays pictures as fast as they are looked at, through the real process. */
export async function measureRate(
  { pictures, cameras, frames, folder }: RateQuestion,
  { pack, log }: { pack: PreparedPack; log: Logger },
): Promise<Rate> {
  await mkdir(folder, { recursive: true });
  const files = pictures.map((_, index) => path.join(folder, `${index}.jpg`));
  for (const [index, { jpeg }] of pictures.entries()) await writeFile(files[index]!, jpeg);
  const each = Math.ceil((frames + WARM_UP) / cameras);
  for (let index = pictures.length; index < each; index++)
    await link(files[index % files.length]!, path.join(folder, `${index}.jpg`));

  const seen: { readonly at: number; readonly faces: number }[] = [];
  let megabytes = 0;
  let ended = 0;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const names = Array.from({ length: cameras }, (_, index) => `camera-${index + 1}`);
  const options = eyeOptions.parse({
    cameras: names.map((name) => ({ name, driver: "files", path: folder })),
  });
  const eye = await openEye(
    { ...options, pack, pace: "every" },
    {
      onView({ faces }) {
        seen.push({ at: performance.now(), faces: faces.length });
        megabytes = Math.max(megabytes, eye?.status().memoryMegabytes ?? 0);
      },
      onCamera(_, state) {
        if (state === "ended" && ++ended === cameras) finish();
      },
    },
    { log, clock },
  );
  await finished;
  await eye.close();
  await rm(folder, { recursive: true });
  const counted = seen.slice(WARM_UP);
  const seconds = (counted.at(-1)!.at - seen[WARM_UP - 1]!.at) / 1000;
  const faces = counted.reduce((sum, view) => sum + view.faces, 0);
  return { framesPerSecond: counted.length / seconds, facesPerSecond: faces / seconds, megabytes };
}
