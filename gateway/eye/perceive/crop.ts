/** Packed 8-bit RGB, row by row: a frame, or a smaller copy of one. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A rectangle in pixels of a picture. It may leave the picture: what lies outside repeats the picture's edge. */
export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** What a network wants to be fed: a planar picture of this size, each channel `(byte - mean) / std`. */
export interface InputLayout {
  readonly width: number;
  readonly height: number;
  readonly channels: "rgb" | "bgr" | "grey";
  /** One value a channel, in units of a byte (0–255). */
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** How many floats a picture of this layout has. */
export const inputLength = (layout: InputLayout) =>
  layout.width * layout.height * (layout.channels === "grey" ? 1 : 3);

/** The weights with which source pixels add up to target pixels, along one axis. */
interface Taps {
  /** How many source pixels reach one target pixel. */
  readonly count: number;
  /** `count` source positions for each target pixel, already held inside the picture. */
  readonly from: Int32Array;
  readonly weight: Float32Array;
}

/**
 * A triangle filter as wide as the target pixel, at least one source pixel: bilinear where the picture grows, and an
 * average of all that is covered where it shrinks. Without that, faces of the far rows fall between the samples.
 */
function taps(start: number, length: number, size: number, limit: number): Taps {
  const scale = length / size;
  const radius = Math.max(1, scale);
  const count = Math.floor(radius * 2) + 1;
  const from = new Int32Array(size * count);
  const weight = new Float32Array(size * count);
  for (let target = 0; target < size; target++) {
    const centre = start + (target + 0.5) * scale - 0.5;
    const first = Math.ceil(centre - radius);
    let sum = 0;
    for (let tap = 0; tap < count; tap++) {
      const at = target * count + tap;
      from[at] = Math.min(limit - 1, Math.max(0, first + tap));
      weight[at] = Math.max(0, 1 - Math.abs(first + tap - centre) / radius);
      sum += weight[at]!;
    }
    for (let tap = 0; tap < count; tap++) weight[target * count + tap]! /= sum;
  }
  return { count, from, weight };
}

/**
 * Cuts a region out of a picture, scales it and lays it out for a network, in one go: for the many small crops of a
 * class, a call into an image library each would cost more than the work itself (docs/models.md has the figures).
 * A region without area gives the edge's colour, not an error.
 */
export function crop(
  picture: Picture,
  region: Region,
  layout: InputLayout,
  into: Float32Array,
): Float32Array {
  const { width, height } = layout;
  const across = taps(region.x, Math.max(region.width, 1e-3), width, picture.width);
  const down = taps(region.y, Math.max(region.height, 1e-3), height, picture.height);
  const firstRow = down.from.reduce((low, row) => Math.min(low, row), picture.height);
  const lastRow = down.from.reduce((high, row) => Math.max(high, row), 0);
  const rows = squeezeRows(picture, firstRow, lastRow, across, width);

  const plane = width * height;
  const grey = layout.channels === "grey";
  const [red, blue] = layout.channels === "bgr" ? [2, 0] : [0, 2];
  const scale = layout.std.map((std) => 1 / std);
  // Rec. 601 luma, what OpenCV and libjpeg mean by grey.
  const line = new Float32Array(width * 3);
  for (let y = 0; y < height; y++) {
    line.fill(0);
    for (let tap = 0; tap < down.count; tap++) {
      const weight = down.weight[y * down.count + tap]!;
      if (weight === 0) continue;
      const row = (down.from[y * down.count + tap]! - firstRow) * width * 3;
      for (let i = 0; i < line.length; i++) line[i]! += weight * rows[row + i]!;
    }
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      if (grey) {
        const luma = 0.299 * line[x * 3]! + 0.587 * line[x * 3 + 1]! + 0.114 * line[x * 3 + 2]!;
        into[at] = (luma - layout.mean[0]!) * scale[0]!;
      } else {
        into[at] = (line[x * 3 + red]! - layout.mean[0]!) * scale[0]!;
        into[plane + at] = (line[x * 3 + 1]! - layout.mean[1]!) * scale[1]!;
        into[2 * plane + at] = (line[x * 3 + blue]! - layout.mean[2]!) * scale[2]!;
      }
    }
  }
  return into;
}

/** The needed rows of the picture, each brought to the target's width: packed RGB as floats. */
function squeezeRows(
  picture: Picture,
  first: number,
  last: number,
  across: Taps,
  width: number,
): Float32Array {
  const { rgb } = picture;
  const rows = new Float32Array((last - first + 1) * width * 3);
  for (let row = first; row <= last; row++) {
    const source = row * picture.width * 3;
    const target = (row - first) * width * 3;
    for (let x = 0; x < width; x++) {
      let r = 0;
      let g = 0;
      let b = 0;
      for (let tap = x * across.count; tap < (x + 1) * across.count; tap++) {
        const weight = across.weight[tap]!;
        const at = source + across.from[tap]! * 3;
        r += weight * rgb[at]!;
        g += weight * rgb[at + 1]!;
        b += weight * rgb[at + 2]!;
      }
      rows[target + x * 3] = r;
      rows[target + x * 3 + 1] = g;
      rows[target + x * 3 + 2] = b;
    }
  }
  return rows;
}
