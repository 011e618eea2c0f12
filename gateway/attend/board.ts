import type { Face } from "../terms.ts";
import { BOARD_AT_CAMERA, type BoardDirection } from "./directions.ts";

/**
 * Learns where the board is from where the class looks during lectures. Heads gather around a few directions: the
 * board, and what lies on the desks below it. The board is the highest of the busy ones. Poses fade with a half-life,
 * and nothing but a histogram of angles is kept.
 */
export interface BoardFinder {
  see(faces: readonly Face[], time: number): void;
  /** The direction found; null until enough was seen. */
  direction(): BoardDirection | null;
}

const STEP = 3;
const YAW = { from: -60, bins: 41 };
const PITCH = { from: -60, bins: 31 };
const HALF_LIFE_MS = 20 * 60_000;
/** Fewer observations (heads × frames) than this say nothing. */
const ENOUGH = 60;
/** A direction is busy when it draws this share of the busiest one's looks. */
const BUSY = 0.35;
const SMOOTHING_DEGREES = 5;
/**
 * A camera looks down on a class that looks at the board by this much at most; busy directions further down are desks.
 * Where it really hangs steeper, `attend.board` has to say so.
 */
const LOWEST_BOARD = -22;
/** The guess before anything is seen counts as this many observations, so that the first busy desks do not become the board. */
const PRIOR_WEIGHT = 20;

export function learnBoard(): BoardFinder {
  const looks = new Float64Array(YAW.bins * PITCH.bins);
  let sum = 0;
  let last = 0;
  let known: BoardDirection | null = null;
  let stale = false;

  function fade(time: number) {
    if (last > 0 && time > last) {
      const keep = 0.5 ** ((time - last) / HALF_LIFE_MS);
      for (let i = 0; i < looks.length; i++) looks[i]! *= keep;
      sum *= keep;
    }
    last = Math.max(last, time);
  }

  return {
    see(faces, time) {
      fade(time);
      for (const face of faces) {
        const column = Math.round((face.yaw - YAW.from) / STEP);
        const row = Math.round((face.pitch - PITCH.from) / STEP);
        if (column < 0 || column >= YAW.bins || row < 0 || row >= PITCH.bins) continue;
        looks[row * YAW.bins + column]! += 1;
        sum += 1;
      }
      stale = true;
    },
    direction() {
      if (stale && sum >= ENOUGH) known = highestBusy(smoothed(looks));
      stale = false;
      return known;
    },
  };
}

/** The local maximum with the highest pitch among those that are busy, refined to below the bin's width. */
function highestBusy(density: Float64Array): BoardDirection {
  const busiest = density.reduce((most, value) => Math.max(most, value), 0);
  const lowest = Math.max(1, Math.ceil((LOWEST_BOARD - PITCH.from) / STEP));
  for (let row = PITCH.bins - 2; row >= lowest; row--) {
    for (let column = 1; column < YAW.bins - 1; column++) {
      const at = row * YAW.bins + column;
      if (density[at]! >= BUSY * busiest && isPeak(density, at)) {
        return {
          yaw: YAW.from + STEP * (column + vertex(density[at - 1]!, density[at]!, density[at + 1]!)),
          pitch:
            PITCH.from +
            STEP * (row + vertex(density[at - YAW.bins]!, density[at]!, density[at + YAW.bins]!)),
          yawPerWidth: 0,
        };
      }
    }
  }
  return BOARD_AT_CAMERA;
}

function isPeak(density: Float64Array, at: number): boolean {
  for (const row of [-YAW.bins, 0, YAW.bins]) {
    for (const column of [-1, 0, 1]) {
      if ((row !== 0 || column !== 0) && density[at + row + column]! > density[at]!) return false;
    }
  }
  return true;
}

/** Where the parabola through three equally spaced points has its top, in steps from the middle one. */
function vertex(before: number, middle: number, after: number): number {
  const bend = before - 2 * middle + after;
  return bend < 0 ? (before - after) / (2 * bend) : 0;
}

/** Looks plus the prior guess, blurred in both directions by a Gaussian. */
function smoothed(looks: Float64Array): Float64Array {
  const grid = Float64Array.from(looks);
  const middle = Math.round(-PITCH.from / STEP) * YAW.bins + Math.round(-YAW.from / STEP);
  grid[middle]! += PRIOR_WEIGHT;
  return blur(blur(grid, 1, YAW.bins), YAW.bins, PITCH.bins);
}

function blur(grid: Float64Array, stride: number, length: number): Float64Array {
  const reach = Math.ceil((2.5 * SMOOTHING_DEGREES) / STEP);
  const kernel = Array.from({ length: 2 * reach + 1 }, (_, i) =>
    Math.exp(-0.5 * (((i - reach) * STEP) / SMOOTHING_DEGREES) ** 2),
  );
  const out = new Float64Array(grid.length);
  for (let at = 0; at < grid.length; at++) {
    if (grid[at] === 0) continue;
    const place = Math.floor(at / stride) % length;
    for (let k = -reach; k <= reach; k++) {
      if (place + k >= 0 && place + k < length) out[at + k * stride]! += grid[at]! * kernel[k + reach]!;
    }
  }
  return out;
}
