import type { Clock } from "./terms.ts";

/** Counts wrong passwords by whence they come (an address, or an address and a name), so that nobody can go on guessing. */
export interface Attempts {
  /** Whether whoever comes from there may try now. */
  may(whence: string): boolean;
  failed(whence: string): void;
}

export interface AttemptLimits {
  /** So many wrong ones in a row, each within `forgetSeconds` of the one before it, and there is a wait. */
  readonly most: number;
  readonly forgetSeconds: number;
}

const LIMITS: AttemptLimits = { most: 10, forgetSeconds: 60 };
/** As many are remembered; the one that was quiet for longest goes first. */
const MOST_REMEMBERED = 1_000;

/** After the tenth wrong password nothing is taken from there until there was a minute of quiet. */
export function limitAttempts(clock: Pick<Clock, "elapsed">, limits: AttemptLimits = LIMITS): Attempts {
  const wrong = new Map<string, { count: number; at: number }>();
  const known = (whence: string) => {
    const entry = wrong.get(whence);
    if (!entry || clock.elapsed() - entry.at > limits.forgetSeconds * 1000) return { count: 0, at: 0 };
    return entry;
  };
  return {
    may: (whence) => known(whence).count < limits.most,
    failed(whence) {
      const { count } = known(whence);
      wrong.delete(whence);
      wrong.set(whence, { count: count + 1, at: clock.elapsed() });
      if (wrong.size > MOST_REMEMBERED) wrong.delete(wrong.keys().next().value!);
    },
  };
}
