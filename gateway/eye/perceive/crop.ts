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
  /** `count` source positions for each target pixel, already held inside the picture, in bytes or in rows. */
  readonly from: Int32Array;
  readonly weight: Int32Array;
}

/** Weights are whole 256ths: two of four bytes in one word can then be weighed at once without running into each other. */
const ONE = 256;

/**
 * A triangle filter, bilinear up to half the size and wider beyond, just so wide that every source pixel counts: what
 * falls between the samples may be a face of the far rows, and what is softer than need be is found less surely.
 */
function taps(start: number, length: number, size: number, limit: number, step: number): Taps {
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
      from[at] = step * Math.min(limit - 1, Math.max(0, first + tap));
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
  const across = taps(region.x, Math.max(region.width, 1e-3), size.width, picture.width, 3);
  const down = taps(region.y, Math.max(region.height, 1e-3), size.height, picture.height, 1);
  const firstRow = down.from[0]!;
  const rowCount = down.from.at(-1)! - firstRow + 1;
  const words = Math.ceil((size.width * 3) / 4);
  if (rows.length <= rowCount * words) rows = new Int32Array(rowCount * words + 1);
  const pixels = new DataView(picture.rgb.buffer, picture.rgb.byteOffset, picture.rgb.byteLength);
  const squeezed = new DataView(rows.buffer);
  for (let row = 0, to = 0; row < rowCount; row++, to += words * 4) {
    if (firstRow + row < picture.height - 1)
      squeeze(pixels, (firstRow + row) * picture.width * 3, across, squeezed, to);
    else squeeze(lastRowOf(picture), 0, across, squeezed, to);
  }
  stack(size.width * 3, firstRow, down, into);
}

/**
 * Rows that are being worked on, four bytes a word; each begins on a whole word, and one word is left over. Kept, because
 * crops are many. Signed, because those are the words that V8 adds and multiplies without leaving the processor's integers.
 */
let rows = new Int32Array(0);

/** A pixel is read as a word, one byte more than it has: behind the picture's last pixel there is none. */
function lastRowOf({ rgb, width, height }: Picture): DataView {
  const row = new Uint8Array(width * 3 + 1);
  row.set(rgb.subarray((height - 1) * width * 3));
  return new DataView(row.buffer);
}

/** Brings one row of the picture to the target's width: a pixel, and the next one's red for nothing, at a time. */
function squeeze(pixels: DataView, at: number, across: Taps, into: DataView, to: number): void {
  const { count, from, weight } = across;
  if (count === 2) {
    for (let tap = 0; tap < from.length; tap += 2, to += 3) {
      const near = pixels.getInt32(at + from[tap]!, true);
      const far = pixels.getInt32(at + from[tap + 1]!, true);
      into.setInt32(to, between(near, far, weight[tap + 1]!), true);
    }
    return;
  }
  for (let tap = 0; tap < from.length; to += 3) {
    let even = HALVES;
    let odd = HALVES;
    for (const end = tap + count; tap < end; tap++) {
      const pixel = pixels.getInt32(at + from[tap]!, true);
      even = (even + Math.imul(pixel & EVEN, weight[tap]!)) | 0;
      odd = (odd + Math.imul((pixel >>> 8) & EVEN, weight[tap]!)) | 0;
    }
    into.setInt32(to, ((even >>> 8) & EVEN) | (odd & ODD), true);
  }
}

/** Even and odd bytes of a word are weighed apart, so that each has eight bits to spare. */
const EVEN = 0x00ff00ff;
const ODD = 0xff00ff00 | 0;
const HALVES = 0x00800080;

/** Four bytes at once, on the way from the near ones to the far ones by `share` 256ths. */
function between(near: number, far: number, share: number): number {
  const evens = near & EVEN;
  const odds = (near >>> 8) & EVEN;
  const even = ((evens << 8) + Math.imul((far & EVEN) - evens, share) + HALVES) | 0;
  const odd = ((odds << 8) + Math.imul(((far >>> 8) & EVEN) - odds, share) + HALVES) | 0;
  return ((even >>> 8) & EVEN) | (odd & ODD);
}

/** Adds up `rows` to the target's, four bytes at a time. */
function stack(width: number, firstRow: number, { count, from, weight }: Taps, into: Uint8Array): void {
  const stride = Math.ceil(width / 4);
  const sum = new Int32Array(stride);
  const evens = new Int32Array(stride);
  const odds = new Int32Array(stride);
  const bytes = new Uint8Array(sum.buffer, 0, width);
  for (let tap = 0, to = 0; tap < from.length; tap += count, to += width) {
    if (count === 2) {
      const share = weight[tap + 1]!;
      let near = (from[tap]! - firstRow) * stride;
      let far = (from[tap + 1]! - firstRow) * stride;
      for (let word = 0; word < stride; word++) sum[word] = between(rows[near++]!, rows[far++]!, share);
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
