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

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The weights, in 256ths, with which source pixels add up to target pixels along one axis. */
interface Taps {
  /** How many source pixels reach one target pixel. */
  readonly count: number;
  /** `count` source positions for each target pixel, already held inside the picture. */
  readonly from: Int32Array;
  readonly weight: Int32Array;
}

/** Weights are whole 256ths: two of four bytes in one word can then be weighed at once without running into each other. */
const ONE = 256;
const HALF = ONE / 2;

/**
 * A triangle filter, bilinear up to half the size and wider beyond, just so wide that every source pixel counts: what
 * falls between the samples may be a face of the far rows, and what is softer than need be is found less surely.
 */
function taps(start: number, length: number, size: number, limit: number): Taps {
  const scale = length / size;
  const radius = Math.max(1, scale - 1);
  const count = Math.ceil(radius * 2);
  const from = new Int32Array(size * count);
  const weight = new Int32Array(size * count);
  for (let target = 0; target < size; target++) {
    const centre = start + (target + 0.5) * scale - 0.5;
    // What lies exactly on the rim weighs nothing.
    const first = Math.floor(centre - radius) + 1;
    let left = ONE;
    let sum = 0;
    for (let tap = 0; tap < count; tap++) sum += triangle((first + tap - centre) / radius);
    for (let tap = 0; tap < count; tap++) {
      const at = target * count + tap;
      from[at] = Math.min(limit - 1, Math.max(0, first + tap));
      // What is left goes on: rounding moves no weight, so that an even grey stays the same grey.
      const share = triangle((first + tap - centre) / radius) / sum;
      sum -= share * sum;
      weight[at] = Math.round(share * left);
      left -= weight[at]!;
    }
  }
  return { count, from, weight };
}

const triangle = (distance: number) => Math.max(0, 1 - Math.abs(distance));

/**
 * Cuts a region out of a picture and scales it, straight into a network's batch: `into` takes `width * height * 3` bytes,
 * RGB, row by row. Written out, because for the many small crops of a class a call into an image library each would cost
 * more than the work itself (docs/speed.md has the figures). Across first, because most crops grow. A region without
 * area gives the edge's colour, not an error.
 */
export function crop(picture: Picture, region: Region, size: Size, into: Uint8Array): void {
  const across = taps(region.x, Math.max(region.width, 1e-3), size.width, picture.width);
  const down = taps(region.y, Math.max(region.height, 1e-3), size.height, picture.height);
  const firstRow = down.from[0]!;
  const rowCount = down.from.at(-1)! - firstRow + 1;
  const rowBytes = Math.ceil((size.width * 3) / 4) * 4;
  if (rows.length * 4 < rowCount * rowBytes) rows = new Int32Array((rowCount * rowBytes) / 4);
  const bytes = new Uint8Array(rows.buffer);
  for (let row = 0; row < rowCount; row++) {
    squeeze(picture.rgb, (firstRow + row) * picture.width * 3, across, bytes, row * rowBytes);
  }
  stack(size.width * 3, firstRow, down, into);
}

/**
 * Rows that are being worked on, four bytes a word; each begins on a whole word. Kept, because crops are many. Signed,
 * because those are the words that V8 adds and multiplies without leaving the processor's integers.
 */
let rows = new Int32Array(0);

/** Brings one row of the picture to the target's width. */
function squeeze(rgb: Uint8Array, at: number, across: Taps, bytes: Uint8Array, to: number): void {
  const { count, from, weight } = across;
  if (count === 2) {
    for (let tap = 0; tap < from.length; tap += 2, to += 3) {
      const here = at + from[tap]! * 3;
      const next = at + from[tap + 1]! * 3;
      const near = weight[tap]!;
      const far = ONE - near;
      bytes[to] = (rgb[here]! * near + rgb[next]! * far + HALF) >> 8;
      bytes[to + 1] = (rgb[here + 1]! * near + rgb[next + 1]! * far + HALF) >> 8;
      bytes[to + 2] = (rgb[here + 2]! * near + rgb[next + 2]! * far + HALF) >> 8;
    }
    return;
  }
  for (let tap = 0; tap < from.length; to += 3) {
    let red = HALF;
    let green = HALF;
    let blue = HALF;
    for (const end = tap + count; tap < end; tap++) {
      const pixel = at + from[tap]! * 3;
      const share = weight[tap]!;
      red += rgb[pixel]! * share;
      green += rgb[pixel + 1]! * share;
      blue += rgb[pixel + 2]! * share;
    }
    bytes[to] = red >> 8;
    bytes[to + 1] = green >> 8;
    bytes[to + 2] = blue >> 8;
  }
}

/** Even and odd bytes of a word are weighed apart, so that each has eight bits to spare. */
const EVEN = 0x00ff00ff;
const ODD = 0xff00ff00 | 0;
const HALVES = 0x00800080;

/** Adds up `rows` to the target's, four bytes at a time. */
function stack(width: number, firstRow: number, { count, from, weight }: Taps, into: Uint8Array): void {
  const stride = Math.ceil(width / 4);
  const sum = new Int32Array(stride);
  const evens = new Int32Array(stride);
  const odds = new Int32Array(stride);
  const bytes = new Uint8Array(sum.buffer, 0, width);
  for (let tap = 0, to = 0; tap < from.length; tap += count, to += width) {
    if (count === 2) {
      const near = weight[tap]!;
      const far = ONE - near;
      let here = (from[tap]! - firstRow) * stride;
      let next = (from[tap + 1]! - firstRow) * stride;
      for (let word = 0; word < stride; word++) {
        const a = rows[here++]!;
        const b = rows[next++]!;
        const even = (Math.imul(a & EVEN, near) + Math.imul(b & EVEN, far) + HALVES) | 0;
        const odd = (Math.imul((a >>> 8) & EVEN, near) + Math.imul((b >>> 8) & EVEN, far) + HALVES) | 0;
        sum[word] = ((even >>> 8) & EVEN) | (odd & ODD);
      }
    } else {
      evens.fill(HALVES);
      odds.fill(HALVES);
      for (let part = tap; part < tap + count; part++) {
        const share = weight[part]!;
        if (share === 0) continue;
        let at = (from[part]! - firstRow) * stride;
        for (let word = 0; word < stride; word++) {
          const four = rows[at++]!;
          evens[word] = (evens[word]! + Math.imul(four & EVEN, share)) | 0;
          odds[word] = (odds[word]! + Math.imul((four >>> 8) & EVEN, share)) | 0;
        }
      }
      for (let word = 0; word < stride; word++) {
        sum[word] = ((evens[word]! >>> 8) & EVEN) | (odds[word]! & ODD);
      }
    }
    into.set(bytes, to);
  }
}
