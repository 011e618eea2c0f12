import type { Frame } from "../../../terms.ts";
import { burner } from "../mask.ts";
import type { Polygon } from "../polygon.ts";

/** A picture in 64 × 36 shades of grey: enough to tell light from dark and here from there, and nobody from anybody. */
export interface Thumbnail {
  /** Row by row, 0–255. */
  readonly grey: Float32Array;
  /** 1 where the cell is seen, 0 where a mask touches it. */
  readonly seen: Uint8Array;
  /** Of the pixels that were sampled: the same number means, for all that matters, the same picture. */
  readonly fingerprint: number;
}

export const COLUMNS = 64;
export const ROWS = 36;
/** Each cell is the mean of so many by so many pixels: fewer would let noise through, more would cost time. */
const SAMPLES = 6;

/** Makes thumbnails of one camera's frames, of which the mask's part has been blackened. Less than 1 ms each. */
export function thumbnails(mask: readonly Polygon[]): (frame: Frame) => Thumbnail {
  const seen = seenCells(mask);
  let size = "";
  let samples: Int32Array = new Int32Array();
  return ({ width, height, rgb }) => {
    if (size !== `${width}×${height}`) {
      size = `${width}×${height}`;
      samples = samplesOf(width, height);
    }
    const grey = new Float32Array(COLUMNS * ROWS);
    let fingerprint = FNV_OFFSET;
    for (let index = 0; index < samples.length; index += 1) {
      const at = samples[index]!;
      const value = rgb[at]! + 2 * rgb[at + 1]! + rgb[at + 2]!;
      fingerprint = Math.imul(fingerprint ^ value, FNV_PRIME);
      grey[Math.floor(index / SAMPLES ** 2)]! += value / (4 * SAMPLES ** 2);
    }
    return { grey, seen, fingerprint: fingerprint >>> 0 };
  };
}

/** Where in a picture's bytes the sampled pixels are, cell by cell. */
function samplesOf(width: number, height: number): Int32Array {
  return Int32Array.from({ length: COLUMNS * ROWS * SAMPLES ** 2 }, (_, index) => {
    const [cell, sample] = [Math.floor(index / SAMPLES ** 2), index % SAMPLES ** 2];
    const column = (cell % COLUMNS) + ((sample % SAMPLES) + 0.5) / SAMPLES;
    const row = Math.floor(cell / COLUMNS) + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES;
    return 3 * (Math.floor((row * height) / ROWS) * width + Math.floor((column * width) / COLUMNS));
  });
}

// FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** Cells that no mask touches, found by burning the mask into a white picture of the thumbnail's own size. */
function seenCells(mask: readonly Polygon[]): Uint8Array {
  const rgb = new Uint8Array(COLUMNS * ROWS * 3).fill(1);
  burner(mask)({ width: COLUMNS, height: ROWS, rgb });
  return rgb.filter((_, index) => index % 3 === 0);
}
