import type { Activity, Attention, Target, TargetShares } from "../terms.ts";
import { TARGETS } from "../terms.ts";

/** Which targets count as focus during each activity. */
export type FocusTargets = Readonly<Record<Activity, readonly Target[]>>;

/** One seat over one window: sums, so that frames need not be kept. */
interface SeatSums {
  frames: number;
  focus: number;
  focusVariance: number;
}

/** One camera over one window. */
interface CameraSums {
  /** Moments at which it looked, whoever was in sight. */
  frames: number;
  /** Head-moments of it that went in. */
  heads: number;
  /** Stretches of the window in which it looked at all, so that a camera that was there for a second does not count for ten. */
  readonly stretches: Set<number>;
}

/** What one window has gathered so far. Only moments at which the minimum group was in sight went in. */
export interface Gathered {
  readonly cameras: Map<string, CameraSums>;
  /** Head-moments that went in. */
  heads: number;
  shifts: number;
  readonly targets: Record<Target, number>;
  /** Summed over moments: probability that two heads picked at random attend to the same target. */
  agreement: number;
  /** Moments that went in. */
  groups: number;
  readonly seats: Map<string, SeatSums>;
  /** Of the model that made the estimates. */
  roomError: number;
}

export function nothingGathered(): Gathered {
  return {
    cameras: new Map(),
    heads: 0,
    shifts: 0,
    targets: { board: 0, desk: 0, screen: 0, peer: 0, away: 0 },
    agreement: 0,
    groups: 0,
    seats: new Map(),
    roomError: 0,
  };
}

/**
 * Adds one camera's moment, which lies in that stretch of the window. A moment with fewer heads than the minimum group counts as one at which nobody was seen, so that
 * every average is over the group at every moment of it.
 */
export function gather(
  into: Gathered,
  attention: Attention,
  { expected, minimumGroup, stretch }: { expected: readonly Target[]; minimumGroup: number; stretch: number },
): void {
  const camera = into.cameras.get(attention.camera) ?? { frames: 0, heads: 0, stretches: new Set() };
  into.cameras.set(attention.camera, camera);
  camera.frames += 1;
  camera.stretches.add(stretch);
  into.roomError = attention.roomError;
  if (attention.seats.length < minimumGroup) return;
  camera.heads += attention.seats.length;
  into.groups += 1;
  into.heads += attention.seats.length;
  into.agreement += agreement(attention.seats.map((seat) => seat.targets));
  for (const { camera, seat, targets, shift } of attention.seats) {
    const focus = expected.reduce((sum, target) => sum + targets[target], 0);
    const key = `${camera}/${seat}`;
    const sums = into.seats.get(key) ?? { frames: 0, focus: 0, focusVariance: 0 };
    sums.frames += 1;
    sums.focus += focus;
    sums.focusVariance += focus * (1 - focus);
    into.seats.set(key, sums);
    for (const target of TARGETS) into.targets[target] += targets[target];
    if (shift) into.shifts += 1;
  }
}

/** Mean number of heads in sight at a time, all cameras together, over the stretches in which they looked. */
export function meanHeads({ cameras }: Gathered): number {
  return [...cameras.values()].reduce((sum, { heads, frames }) => sum + heads / frames, 0);
}

/** The same over the whole window: stretches in which a camera did not look count as nobody seen. */
export function meanHeadsOverWindow({ cameras }: Gathered, stretches: number): number {
  return [...cameras.values()].reduce(
    (sum, { heads, frames, stretches: seen }) => sum + (heads / frames) * (seen.size / stretches),
    0,
  );
}

/** Probability that two different heads attend to the same target: Σₖ((Σᵢpᵢₖ)² − Σᵢpᵢₖ²) / (n(n−1)). */
export function agreement(seats: readonly TargetShares[]): number {
  if (seats.length < 2) return 0;
  let same = 0;
  for (const target of TARGETS) {
    let sum = 0;
    let squares = 0;
    for (const shares of seats) {
      sum += shares[target];
      squares += shares[target] ** 2;
    }
    same += sum * sum - squares;
  }
  return same / (seats.length * (seats.length - 1));
}
