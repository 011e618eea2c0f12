import { z } from "zod";

/** What every camera that stands in a room can be asked for: pictures of one size, at one rate. */
export const sizeOptions = {
  width: z
    .int()
    .min(160)
    .max(3840)
    .multipleOf(4) // GStreamer pads rows of RGB to four bytes
    .default(1280)
    .describe("Pixels across that are looked at, a multiple of 4. The camera's picture is scaled to fit."),
  height: z
    .int()
    .min(120)
    .max(2160)
    .default(720)
    .describe("Pixels down. A picture of another shape gets black bars, not squeezed faces."),
  framesPerSecond: z
    .number()
    .min(0.1)
    .max(30)
    .default(2)
    .describe("Pictures a second that are looked at, however many the camera gives."),
};

export interface Size {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/**
 * What to tell ffmpeg of its output: so many pictures a second of just this size as packed RGB, whatever comes in and
 * however it changes. Pictures are dropped before they are scaled, and scaled before the pipe.
 */
export function asRaw({ width, height, framesPerSecond }: Size): string[] {
  const rate = String(framesPerSecond);
  const filters = [
    ...dropped(framesPerSecond),
    "scale=iw*sar:ih", // pixels that are not square become so; costs nothing where they are
    `scale=${width}:${height}:force_original_aspect_ratio=decrease`,
    `pad=${width}:${height}:-1:-1`,
    "setsar=1",
  ];
  return [
    ...["-map", "0:V:0", "-vf", filters.join(","), "-r", rate],
    ...["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"],
  ];
}

/**
 * Drops pictures, and never repeats one. They come with this machine's time, and clocks get set: over an hour that is
 * skipped the filter `fps` would repeat the last picture as fast as it can, and over one that comes twice give none.
 * `ld(0)` is when the next one is due: a step after the last, but never in the past; and what comes more than two steps
 * early comes after the clock was set back. Those that are left are numbered anew, so that nobody behind has to fill in.
 */
function dropped(framesPerSecond: number): string[] {
  const step = 1 / framesPerSecond;
  const setBack = `lt(t,ld(0)-${2 * step})`;
  const due = `if(${setBack},t+${step},max(ld(0)+${step},t))`;
  return [
    `select='if(${setBack}+gte(t,ld(0)),1+0*st(0,${due}),0)'`,
    "settb=AVTB", // µs: an input may count in whole seconds
    `setpts=N/(${framesPerSecond}*TB)`,
  ];
}
