import { COLUMNS, ROWS, type Thumbnail } from "./thumbnail.ts";

/** How a picture lies against another: by how many cells it is shifted, and how alike they are then, −1…1. */
export interface Shift {
  readonly across: number;
  readonly down: number;
  readonly likeness: number;
  /** How alike they are without any shift. */
  readonly unshifted: number;
}

/** Where the picture changes from cell to cell: edges stay when the light changes. 0 where a mask is. */
export function edgesOf({ grey, seen }: Thumbnail): Float32Array {
  const edges = new Float32Array(COLUMNS * ROWS);
  for (let row = 1; row < ROWS - 1; row += 1) {
    for (let column = 1; column < COLUMNS - 1; column += 1) {
      const at = row * COLUMNS + column;
      const [left, right, above, below] = [at - 1, at + 1, at - COLUMNS, at + COLUMNS];
      if (!seen[left] || !seen[right] || !seen[above] || !seen[below]) continue;
      edges[at] = Math.hypot(grey[right]! - grey[left]!, grey[below]! - grey[above]!);
    }
  }
  return edges;
}

/** How far a camera may have turned and still be recognised, in cells: about an eighth of the picture either way. */
const REACH = { across: 8, down: 4 };

/**
 * By how much `now` is shifted against `before`: the shift at which their edges correlate best. A shift counts as better
 * than none only by its likeness; whoever asks decides how much better it has to be.
 */
export function shiftBetween(before: Float32Array, now: Float32Array): Shift {
  const unshifted = correlation(before, now, 0, 0);
  let best = { across: 0, down: 0, likeness: unshifted };
  for (let down = -REACH.down; down <= REACH.down; down += 1) {
    for (let across = -REACH.across; across <= REACH.across; across += 1) {
      const likeness = correlation(before, now, across, down);
      if (likeness > best.likeness) best = { across, down, likeness };
    }
  }
  return { ...best, unshifted };
}

/** Pearson's r over the cells that both have when `now` is moved back by the shift; 0 where there is nothing to compare. */
function correlation(before: Float32Array, now: Float32Array, across: number, down: number): number {
  const [left, right] = [Math.max(0, -across), Math.min(COLUMNS, COLUMNS - across)];
  const [top, bottom] = [Math.max(0, -down), Math.min(ROWS, ROWS - down)];
  const count = (right - left) * (bottom - top);
  const offset = down * COLUMNS + across;
  let [a, b, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let row = top; row < bottom; row += 1) {
    const end = row * COLUMNS + right;
    for (let at = row * COLUMNS + left; at < end; at += 1) {
      const one = before[at]!;
      const other = now[at + offset]!;
      a += one;
      b += other;
      aa += one * one;
      bb += other * other;
      ab += one * other;
    }
  }
  const spread = (count * aa - a * a) * (count * bb - b * b);
  return spread <= 0 ? 0 : (count * ab - a * b) / Math.sqrt(spread);
}
