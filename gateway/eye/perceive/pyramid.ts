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

/** Every pixel is the mean of four; an odd last row or column is dropped. */
function halved({ width: full, height: tall, rgb }: Picture, halves: Halves): Picture {
  const width = full >> 1;
  const height = tall >> 1;
  const length = width * height * 3;
  const half = halves.get(length) ?? new Uint8Array(length);
  halves.set(length, half);
  const stride = full * 3;
  for (let y = 0, to = 0; y < height; y++) {
    let above = y * 2 * stride;
    let below = above + stride;
    for (const end = to + width * 3; to < end; to += 3, above += 6, below += 6) {
      half[to] = (rgb[above]! + rgb[above + 3]! + rgb[below]! + rgb[below + 3]! + 2) >> 2;
      half[to + 1] = (rgb[above + 1]! + rgb[above + 4]! + rgb[below + 1]! + rgb[below + 4]! + 2) >> 2;
      half[to + 2] = (rgb[above + 2]! + rgb[above + 5]! + rgb[below + 2]! + rgb[below + 5]! + 2) >> 2;
    }
  }
  return { width, height, rgb: half };
}
