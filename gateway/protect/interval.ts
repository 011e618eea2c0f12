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

/** How much was seen in a window. */
export interface Seen {
  readonly windowSeconds: number;
  /** Heads in sight at a time, while cameras looked. */
  readonly heads: number;
  /** Share of the expected head-time that was seen, 0–1. */
  readonly coverage: number;
  /** Of the window, for how many heads' worth cameras looked all along. */
  readonly headsThroughout: number;
}

/**
 * The room's focus and its 95 % interval. Three things make it uncertain: the estimate of each head that was seen (its
 * own Bernoulli variance, averaged over independent looks), the heads that were not seen (sampling without replacement
 * from the class: the finite population correction 1 − coverage, Cochran 1977, §2.5), and the error that all heads share,
 * as it was measured for the model. The first two are turned into an effective number of heads and that into a Wilson
 * score interval (Wilson 1927), which stays open at the ends, where these two grow small. The third does not: it is the
 * same everywhere, and each end moves out by it (Zou & Donner 2008: distances of independent parts add up as squares).
 * Nothing rests on how often heads were given a new number.
 */
export function estimateFocus(
  { seats, heads: headMoments, roomError }: Gathered,
  { windowSeconds, heads, coverage, headsThroughout }: Seen,
): Estimate {
  let [on, doubt] = [0, 0];
  for (const seat of seats.values()) {
    on += seat.focus;
    doubt += seat.focusVariance;
  }
  const focus = share(on / headMoments);
  /** Mean square of how far heads lie from the whole. */
  let apart = 0;
  for (const seat of seats.values())
    apart += (seat.frames / headMoments) * (seat.focus / seat.frames - focus) ** 2;

  const looks = headsThroughout * Math.max(1, windowSeconds / CORRELATION_SECONDS);
  const reading = doubt / headMoments / looks;
  const unseen = ((1 - coverage) * apart) / Math.max(1, heads - 1);
  // Even where every head is seen and read with certainty, a window is a finite look at the class.
  const finite = 1 / looks;
  const spread = focus * (1 - focus);
  const effective = 1 / (finite + (reading + unseen) / Math.max(spread, 1e-6));
  const own = wilson(focus, Math.max(1, effective));
  const shared = Z * roomError;
  return {
    focus,
    low: share(focus - Math.hypot(focus - own.low, shared)),
    high: share(focus + Math.hypot(own.high - focus, shared)),
  };
}

/** Wilson score interval of a share seen over `n` heads. */
export function wilson(focus: number, n: number): { low: number; high: number } {
  const middle = (focus + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const reach = (Z / (1 + Z ** 2 / n)) * Math.sqrt((focus * (1 - focus)) / n + Z ** 2 / (4 * n ** 2));
  // Where focus is exactly 0 or 1 the bound equals it, and rounding must not push the bound past it.
  return { low: Math.min(focus, share(middle - reach)), high: Math.max(focus, share(middle + reach)) };
}

const share = (value: number) => Math.min(1, Math.max(0, value));
