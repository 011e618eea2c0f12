import type { Gathered } from "./room.ts";

/** Estimates of one seat within this time are not independent of each other, in seconds. */
const CORRELATION_SECONDS = 5;
/** Standard normal quantile of a two-sided 95 % interval. */
const Z = 1.96;

export interface Estimate {
  readonly focus: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The room's focus and its 95 % interval. Three things make it uncertain: the estimate of each head that was seen (its
 * own Bernoulli variance, averaged over independent stretches of time), the heads that were not seen (sampling without
 * replacement from the class: the finite population correction 1 − coverage, Cochran 1977, §2.5), and the error that
 * all heads share, as it was measured for the model. The variance is turned into an effective number of heads and that
 * into a Wilson score interval (Wilson 1927), which stays within 0–1 and stays open at the ends.
 */
export function estimateFocus(
  { seats, heads, roomError }: Gathered,
  windowSeconds: number,
  coverage: number,
): Estimate {
  const all = [...seats.values()];
  const focus = all.reduce((sum, seat) => sum + seat.focus, 0) / heads;
  let reading = 0;
  let sampling = 0;
  for (const seat of all) {
    const weight = seat.frames / heads;
    const stretches = Math.max(1, windowSeconds / CORRELATION_SECONDS);
    reading += (weight ** 2 * (seat.focusVariance / seat.frames)) / stretches;
    sampling += weight ** 2 * (seat.focus / seat.frames - focus) ** 2;
  }
  const unseen = (1 - coverage) * sampling * (all.length / Math.max(1, all.length - 1));
  // Even where every head is seen and read with certainty, a window is a finite look at the class.
  const finite = 1 / (all.length * Math.max(1, windowSeconds / CORRELATION_SECONDS));
  const spread = focus * (1 - focus);
  const effective = 1 / (finite + (reading + unseen + roomError ** 2) / Math.max(spread, 1e-6));
  return { focus: share(focus), ...wilson(share(focus), Math.max(1, effective)) };
}

/** Wilson score interval of a share seen over `n` heads. */
export function wilson(focus: number, n: number): { low: number; high: number } {
  const middle = (focus + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const reach = (Z / (1 + Z ** 2 / n)) * Math.sqrt((focus * (1 - focus)) / n + Z ** 2 / (4 * n ** 2));
  // Where focus is exactly 0 or 1 the bound equals it, and rounding must not push the bound past it.
  return { low: Math.min(focus, share(middle - reach)), high: Math.max(focus, share(middle + reach)) };
}

const share = (value: number) => Math.min(1, Math.max(0, value));
