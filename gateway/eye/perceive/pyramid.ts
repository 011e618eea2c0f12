import type { Picture, Region } from "./crop.ts";

/** A picture and its halves, each made when it is first asked for: many regions are then shrunk for the price of one. */
export interface Pyramid {
  /** The smallest copy in which the region still has at least this many pixels, and where the region lies in it. */
  at(region: Region, width: number, height: number): { readonly picture: Picture; readonly region: Region };
}

export function createPyramid(picture: Picture): Pyramid {
  const levels = [picture];
  return {
    at(region, width, height) {
      let level = 0;
      let here = region;
      while (here.width >= 2 * width && here.height >= 2 * height) {
        const below = levels[level]!;
        if (below.width < 2 || below.height < 2) break;
        level += 1;
        levels[level] ??= halved(below);
        here = { x: here.x / 2, y: here.y / 2, width: here.width / 2, height: here.height / 2 };
      }
      return { picture: levels[level]!, region: here };
    },
  };
}

/** Every pixel is the mean of four; an odd last row or column is dropped. */
function halved({ width: full, height: tall, rgb }: Picture): Picture {
  const width = full >> 1;
  const height = tall >> 1;
  const half = new Uint8Array(width * height * 3);
  const stride = full * 3;
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = y * 2 * stride;
    for (let x = 0; x < width; x++, from += 6) {
      for (let channel = from; channel < from + 3; channel++) {
        const sum = rgb[channel]! + rgb[channel + 3]! + rgb[channel + stride]! + rgb[channel + stride + 3]!;
        half[to++] = (sum + 2) >> 2;
      }
    }
  }
  return { width, height, rgb: half };
}
