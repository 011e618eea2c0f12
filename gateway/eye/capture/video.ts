import { failure } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { findFfmpeg, runFfmpeg } from "./ffmpeg.ts";
import type { Film } from "./film.ts";
import { readPpm } from "./ppm.ts";

export interface VideoOptions {
  readonly path: string;
  readonly framesPerSecond: number;
  readonly maximumWidth: number;
  readonly ffmpeg?: string | undefined;
}

/**
 * A video file as a film, sampled at a fixed rate. ffmpeg decodes, turns upright and scales; it waits when nobody reads.
 * Throws INPUT_NOT_VIDEO with ffmpeg's words when it holds no picture. One that breaks off plays as far as it goes.
 */
export async function videoFilm(options: VideoOptions, log: Logger): Promise<Film> {
  if (TEXT.test(options.path))
    throw failure("INPUT_NOT_VIDEO", { path: options.path, problem: "it is a text" });
  const program = await findFfmpeg(options.ffmpeg);
  let told = false;
  return async function* (signal) {
    if (signal.aborted) return;
    const ffmpeg = runFfmpeg(program, decoding(options));
    signal.addEventListener("abort", ffmpeg.kill, { once: true });
    try {
      let pictures = 0;
      for await (const picture of readPpm(ffmpeg.output)) {
        pictures += 1;
        yield picture;
      }
      const { code, words } = await ffmpeg.ended;
      if (signal.aborted) return;
      if (pictures === 0) {
        throw failure("INPUT_NOT_VIDEO", { path: options.path, problem: inWords(words) });
      }
      if ((code !== 0 || words) && !told) {
        told = true;
        log.warn(
          { path: options.path, code, ffmpeg: words },
          "the video is damaged: played as far as it goes",
        );
      }
    } finally {
      signal.removeEventListener("abort", ffmpeg.kill);
      ffmpeg.kill();
      await ffmpeg.ended;
    }
  };
}

/** ffmpeg goes by these endings, and would draw the letters as on a terminal (libavformat/tty.c). */
const TEXT = /\.(ans|art|asc|diz|ice|nfo|txt|vt)$/i;

const inWords = (words: string) =>
  words === "" || words.includes("matches no streams") ? "there are no moving pictures in it" : words;

/** The options between `ffmpeg` and its output. */
function decoding({ path, framesPerSecond, maximumWidth }: VideoOptions): string[] {
  return [
    // A playlist in disguise must not make us fetch what it names.
    ...["-protocol_whitelist", "file", "-i", `file:${path}`],
    // Capital V: the cover of a song is no film.
    ...["-map", "0:V:0", "-an", "-sn", "-dn"],
    // `ow/dar` and `iw*sar`: pixels that are not square become so, for a squeezed face is hard to find.
    "-vf",
    `fps=fps=${framesPerSecond}:eof_action=pass,scale=w=min(${maximumWidth}\\,iw*sar):h=round(ow/dar),setsar=1`,
    ...["-f", "image2pipe", "-c:v", "ppm", "-pix_fmt", "rgb24", "pipe:1"],
  ];
}
