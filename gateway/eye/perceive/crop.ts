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
  const firstRow = down.from[0]!;
  const rowCount = down.from.at(-1)! - firstRow + 1;
  planesOf(layout).forEach((plane, index) => {
    const rows = squeeze(picture, firstRow, rowCount, across, plane);
    const target = into.subarray(index * width * height, (index + 1) * width * height).fill(0);
    for (let y = 0; y < height; y++) {
      for (let tap = y * down.count; tap < (y + 1) * down.count; tap++) {
        const weight = down.weight[tap]!;
        if (weight === 0) continue;
        const row = (down.from[tap]! - firstRow) * width;
        for (let x = 0, to = y * width; x < width; x++, to++) target[to]! += weight * rows[row + x]!;
      }
    }
  });
  return into;
}

/** How a plane comes from red, green and blue bytes: their weighted sum and an offset, deviation and mean included. */
interface Plane {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  readonly offset: number;
}

function planesOf({ channels, mean, std }: InputLayout): Plane[] {
  // Rec. 601 luma is what OpenCV and libjpeg mean by grey.
  const grey = [[0.299, 0.587, 0.114]];
  const rgb = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  const mixes = channels === "grey" ? grey : channels === "rgb" ? rgb : rgb.reverse();
  return mixes.map(([red, green, blue], index) => {
    const scale = 1 / std[index]!;
    return { red: red! * scale, green: green! * scale, blue: blue! * scale, offset: -mean[index]! * scale };
  });
}

/** The needed rows of the picture, each brought to the target's width, as one plane. */
function squeeze(picture: Picture, first: number, count: number, across: Taps, plane: Plane): Float32Array {
  const { rgb } = picture;
  const { red, green, blue, offset } = plane;
  const { from, weight } = across;
  const width = from.length / across.count;
  const line = new Float32Array(picture.width);
  const low = from[0]!;
  const high = from.at(-1)!;
  const rows = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    let at = ((first + row) * picture.width + low) * 3;
    for (let x = low; x <= high; x++, at += 3) {
      line[x] = red * rgb[at]! + green * rgb[at + 1]! + blue * rgb[at + 2]! + offset;
    }
    for (let x = 0, tap = 0; x < width; x++) {
      let sum = 0;
      for (const end = tap + across.count; tap < end; tap++) sum += weight[tap]! * line[from[tap]!]!;
      rows[row * width + x] = sum;
    }
  }
  return rows;
}
