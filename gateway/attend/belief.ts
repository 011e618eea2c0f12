import type { Shift, Target, TargetShares } from "../terms.ts";
import { TARGETS } from "../terms.ts";
import { mapShares, normalised } from "./likelihood.ts";

/** How long attention stays on a target before it moves on, on average, in seconds. */
const DWELL_SECONDS = 12;

/** A new target must be this probable before it counts as a shift, so that noise between two does not flicker. */
const SHIFT_CERTAINTY = 0.6;

/** What is believed of one seat: the distribution over targets, and the one it last settled on. */
export interface Belief {
  readonly time: number;
  readonly shares: TargetShares;
  readonly settled: Target;
}

export const mostLikely = (shares: TargetShares): Target =>
  TARGETS.reduce((best, target) => (shares[target] > shares[best] ? target : best));

/** The first sight of a seat: the prior weighed by what was seen. */
export function firstBelief(time: number, prior: TargetShares, likelihood: TargetShares): Belief {
  const shares = normalised(mapShares((target) => prior[target] * likelihood[target]));
  return { time, shares, settled: mostLikely(shares) };
}

/**
 * One step of the forward algorithm of a hidden Markov model (Rabiner 1989, eq. 19–20): attention stays with
 * probability e^(−Δt/dwell), else moves according to the prior; then what was seen weighs in.
 */
export function nextBelief(
  before: Belief,
  time: number,
  prior: TargetShares,
  likelihood: TargetShares,
): { belief: Belief; shift: Shift | null } {
  const stay = Math.exp(-Math.max(0, time - before.time) / 1000 / DWELL_SECONDS);
  const shares = normalised(
    mapShares((target) => (stay * before.shares[target] + (1 - stay) * prior[target]) * likelihood[target]),
  );
  const now = mostLikely(shares);
  if (now === before.settled || shares[now] < SHIFT_CERTAINTY) {
    return { belief: { time, shares, settled: before.settled }, shift: null };
  }
  return {
    belief: { time, shares, settled: now },
    shift: { from: before.settled, to: now, probability: shares[now] },
  };
}
