import { TARGETS, type TargetShares } from "../terms.ts";
import { mapShares, normalised } from "./likelihood.ts";

/**
 * How the room as a whole spreads over the targets just now, for use as each seat's prior: a head that could be looking
 * at a desk or at a screen is more likely to do what the others do. The shares are the mixture weights under which what
 * was seen of all heads is most probable, followed over time by on-line expectation maximisation (Cappé & Moulines 2009).
 * The activity that the teacher announced has no part in it.
 */
export interface RoomShares {
  shares(): TargetShares;
  /** Takes in one moment: the likelihoods of all heads. */
  see(likelihoods: readonly TargetShares[], time: number): void;
}

/** How long the room is looked back on, in seconds. */
const MEMORY_SECONDS = 20;
/** This much of the long-run prior always remains, so that no target is ruled out for good. */
const LONG_RUN = 0.1;

export function followRoom(longRun: TargetShares): RoomShares {
  let weights = longRun;
  let last: number | undefined;
  const shares = () => mapShares((target) => (1 - LONG_RUN) * weights[target] + LONG_RUN * longRun[target]);
  return {
    shares,
    see(likelihoods, time) {
      const elapsed = last === undefined ? 0 : Math.max(0, time - last) / 1000;
      last = time;
      if (likelihoods.length === 0) return;
      const prior = shares();
      const follow = 1 - Math.exp(-elapsed / MEMORY_SECONDS);
      const sums = { board: 0, desk: 0, screen: 0, peer: 0, away: 0 };
      for (const likelihood of likelihoods) {
        const posterior = normalised(mapShares((target) => prior[target] * likelihood[target]));
        for (const target of TARGETS) sums[target] += posterior[target] / likelihoods.length;
      }
      weights = mapShares((target) => weights[target] + follow * (sums[target] - weights[target]));
    },
  };
}
