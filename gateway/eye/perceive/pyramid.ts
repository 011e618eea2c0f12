import type { Picture, Region } from "./crop.ts";

/** A picture and its halves, each made when it is first asked for: many regions are then shrunk for the price of one. */
export interface Pyramid {
  /** The smallest copy in which the region still has at least this many pixels, and where the region lies in it. */
  at(region: Region, width: number, height: number): { readonly picture: Picture; readonly region: Region };
}

/**
 * Memory of halved pictures, by its length. It is kept from one picture to the next: made anew for each, megabytes at a
 * time, it had the garbage collector stop the thread more often.
 */
export type Halves = Map<number, Uint8Array>;

/** Of pyramids with the same `halves` only the last may be used. */
export function createPyramid(picture: Picture, halves: Halves = new Map()): Pyramid {
  const levels = [picture];
  return {
    at(region, width, height) {
      let level = 0;
      let here = region;
      while (here.width >= 2 * width && here.height >= 2 * height) {
        const below = levels[level]!;
        if (below.width < 2 || below.height < 2) break;
        level += 1;
        levels[level] ??= halved(below, halves);
        here = { x: here.x / 2, y: here.y / 2, width: here.width / 2, height: here.height / 2 };
      }
      return { picture: levels[level]!, region: here };
    },
  };
}

/** Every other byte of a word: four words add up in it without running into each other. */
const EVEN = 0x00ff00ff;
const ODD = 0xff00ff00 | 0;
/** Half of four, for each byte, to round by. */
const HALVES = 0x00020002;

/**
 * Every pixel is the mean of four; an odd last row or column is dropped. A pixel is read and written as a word, one byte
 * more than it has; in the row below it is the byte before, because behind the last one there is none.
 */
function halved({ width: full, height: tall, rgb }: Picture, halves: Halves): Picture {
  const width = full >> 1;
  const height = tall >> 1;
  const length = width * height * 3;
  const memory = halves.get(length) ?? new Uint8Array(length + 1);
  halves.set(length, memory);
  const from = new DataView(rgb.buffer, rgb.byteOffset, rgb.byteLength);
  const into = new DataView(memory.buffer);
  const stride = full * 3;
  for (let y = 0, to = 0; y < height; y++) {
    let above = y * 2 * stride;
    let below = above + stride - 1;
    for (const end = to + width * 3; to < end; to += 3, above += 6, below += 6) {
      const a = from.getInt32(above, true);
      const b = from.getInt32(above + 3, true);
      const c = from.getInt32(below, true) >>> 8;
      const d = from.getInt32(below + 3, true) >>> 8;
      const even = (a & EVEN) + (b & EVEN) + (c & EVEN) + (d & EVEN) + HALVES;
      const odd = ((a >>> 8) & EVEN) + ((b >>> 8) & EVEN) + ((c >>> 8) & EVEN) + ((d >>> 8) & EVEN) + HALVES;
      into.setInt32(to, ((even >>> 2) & EVEN) | ((odd << 6) & ODD), true);
    }
  }
  return { width, height, rgb: memory.subarray(0, length) };
}
