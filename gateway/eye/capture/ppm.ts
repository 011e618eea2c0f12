import type { Picture } from "./film.ts";

/**
 * Reads a stream of binary portable pixmaps (`P6`, 8 bits a channel) as ffmpeg writes them. Every picture says its own
 * size, so nobody has to find it out beforehand, and rotation or a change of size on the way does no harm.
 * Format: https://netpbm.sourceforge.net/doc/ppm.html. A last picture that is cut short is left out.
 */
export async function* readPpm(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Picture, void, void> {
  let head = Buffer.alloc(0);
  let picture: Picture | null = null;
  let filled = 0;
  for await (const chunk of chunks) {
    let rest: Uint8Array = chunk;
    while (rest.length > 0) {
      if (picture === null) {
        // A header can be cut in two by the pipe.
        head = Buffer.concat([head, rest]);
        const header = HEADER.exec(head.toString("latin1", 0, LONGEST_HEADER));
        if (!header) {
          if (head.length >= LONGEST_HEADER) throw new Error("not a portable pixmap");
          break;
        }
        const [text, width, height] = [header[0], Number(header[1]), Number(header[2])];
        picture = { width, height, rgb: new Uint8Array(width * height * 3) };
        filled = 0;
        rest = head.subarray(text.length);
        head = Buffer.alloc(0);
      }
      const part = rest.subarray(0, picture.rgb.length - filled);
      picture.rgb.set(part, filled);
      filled += part.length;
      rest = rest.subarray(part.length);
      if (filled === picture.rgb.length) {
        yield picture;
        picture = null;
      }
    }
  }
}

const HEADER = /^P6\n(\d+) (\d+)\n255\n/;
const LONGEST_HEADER = 32;
