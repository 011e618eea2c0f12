import type { Clock } from "../../gateway/terms.ts";

/** A clock that only moves when told to. */
export interface Hands extends Clock {
  /** Time passes. */
  pass(milliseconds: number): void;
  /** Somebody sets it; no time passes. */
  set(now: number): void;
}

export function hands(now: number): Hands {
  let wall = now;
  let elapsed = 0;
  return {
    now: () => wall,
    elapsed: () => elapsed,
    sleep: async () => {},
    pass(milliseconds) {
      wall += milliseconds;
      elapsed += milliseconds;
    },
    set(to) {
      wall = to;
    },
  };
}
