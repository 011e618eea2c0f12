import { stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { failure } from "../../../errors.ts";
import { cameraDriver } from "../camera.ts";
import { type Film, inLoop } from "../film.ts";
import { isPicture, picturesFilm } from "../pictures.ts";
import { play } from "../play.ts";
import { videoFilm } from "../video.ts";

/** Plays what is on disk: a picture, a folder of pictures, or a video file. */
export const files = cameraDriver({
  pictures: "played",
  options: z.strictObject({
    driver: z.literal("files"),
    path: z.string().min(1).describe("A picture, a folder of pictures, or a video file."),
    framesPerSecond: z
      .number()
      .min(0.2)
      .max(60)
      .default(2)
      .describe("Pictures are played, and videos sampled, at this rate."),
    loop: z
      .boolean()
      .default(true)
      .describe("Start again at the end. `focus-gateway analyse` plays everything once."),
    maximumWidth: z
      .int()
      .min(160)
      .max(7680)
      .default(1920)
      .describe("Wider pictures are scaled down to this, in pixels."),
    ffmpeg: z
      .string()
      .min(1)
      .optional()
      .describe("The ffmpeg to use for video. Found by itself if left out."),
  }),
  async open(options, context) {
    const film = await filmAt(options, context.log);
    const loop = options.loop && context.pace === "live";
    return play(loop ? inLoop(film) : film, options.framesPerSecond, context);
  },
});

async function filmAt(
  options: z.output<typeof files.options>,
  log: Parameters<typeof files.open>[1]["log"],
): Promise<Film> {
  const place = path.resolve(options.path);
  const found = await stat(place).catch((error) => {
    throw failure("INPUT_MISSING", { path: place }, error);
  });
  if (found.isDirectory() || isPicture(place)) return picturesFilm(place, options.maximumWidth, log);
  // A pipe or a device would keep ffmpeg waiting for ever.
  if (!found.isFile()) throw failure("INPUT_NOT_VIDEO", { path: place, problem: "it is not a file" });
  return videoFilm({ ...options, path: place }, log);
}
