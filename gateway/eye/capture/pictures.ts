import { readdir } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { images } from "../images.ts";
import type { Film, Picture } from "./film.ts";

const PICTURE = /\.(jpe?g|png|webp)$/i;

/** Whether the name is that of a picture. */
export const isPicture = (file: string) => PICTURE.test(file);

/**
 * A folder of pictures, or a single one, as a film: in natural order (`2.jpg` before `10.jpg`). The folder is read anew
 * on each pass, so pictures may be added to one that plays in a loop. Unreadable ones are skipped, each named once.
 * Throws INPUT_EMPTY when none is readable.
 */
export function picturesFilm(place: string, maximumWidth: number, log: Logger): Film {
  const refused = new Set<string>();
  return async function* (signal) {
    let readable = 0;
    for (const file of await picturesIn(place)) {
      if (signal.aborted) return;
      const picture = await decode(file, maximumWidth).catch((error) => {
        if (refused.has(file)) return null;
        refused.add(file);
        // libvips says the same again and again, a line each.
        const [problem = ""] = reason(error).split("\n");
        const { code, message } = failure("PICTURE_UNREADABLE", { path: file, problem });
        log.warn({ code, skipped: refused.size }, message);
        return null;
      });
      if (picture === null) continue;
      readable += 1;
      yield picture;
    }
    if (readable === 0) throw failure("INPUT_EMPTY", { path: place });
  };
}

const naturally = new Intl.Collator("en", { numeric: true }).compare;

async function picturesIn(place: string): Promise<string[]> {
  if (isPicture(place)) return [place];
  const names = await readdir(place).catch((error) => {
    throw failure("INPUT_MISSING", { path: place }, error);
  });
  return names
    .filter((name) => isPicture(name) && !name.startsWith("."))
    .sort(naturally)
    .map((name) => path.join(place, name));
}

/** A picture of any kind as upright RGB, not wider than `maximumWidth`. Throws what sharp throws. */
async function decode(file: string, maximumWidth: number): Promise<Picture> {
  const sharp = await images();
  const { data, info } = await sharp(file, { failOn: "error", autoOrient: true })
    .resize({ width: maximumWidth, withoutEnlargement: true })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data, file: path.basename(file) };
}
