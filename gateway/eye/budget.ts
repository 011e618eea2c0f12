/** What was used since the last reckoning. */
export interface Used {
  readonly seconds: number;
  /** Processor time, of all cores together. */
  readonly cpuSeconds: number;
  /** Frames that were looked at, of all cameras together. */
  readonly frames: number;
}

/** Keeps the eye within its share of the processors by looking less often, never by looking worse. */
export interface Budget {
  /** Share of all processors that was used, 0–1; null before the first reckoning. */
  readonly share: number | null;
  /** The most frames a second, of all cameras together; null while they may come as they like. */
  readonly limit: number | null;
  /** Reckons with what was used; true when the limit has come, changed or gone. */
  reckon(used: Used): boolean;
}

/** So many reckonings in a row, and it is no passing moment. Up takes longer than down, so that it does not swing. */
const DOWN_AFTER = 2;
const UP_AFTER = 5;
/** Between this much of the budget and all of it, everything stays as it is. */
const ROOM_BELOW = 0.8;
/** What is aimed at when it changes: the middle of what is left alone. */
const AIM = 0.9;
/** A room's windows need some looks in any case. */
const LEAST_FRAMES_PER_SECOND = 0.2;
const LARGEST_STEP_UP = 1.5;

/** `share` is the budget: 0–1 of `cores` processors. */
export function createBudget(share: number, cores: number): Budget {
  let used: number | null = null;
  let limit: number | null = null;
  let over = 0;
  let under = 0;

  /** What the same work would come to at the budget. */
  const affordable = (rate: number) => Math.max(LEAST_FRAMES_PER_SECOND, (rate * AIM * share) / used!);

  return {
    get share() {
      return used;
    },
    get limit() {
      return limit;
    },
    reckon({ seconds, cpuSeconds, frames }) {
      if (seconds <= 0) return false;
      used = cpuSeconds / seconds / cores;
      const rate = frames / seconds;
      over = used > share ? over + 1 : 0;
      under = used < share * ROOM_BELOW ? under + 1 : 0;
      const before = limit;
      if (over >= DOWN_AFTER && rate > 0) {
        limit = Math.min(limit ?? Number.POSITIVE_INFINITY, affordable(rate));
        over = 0;
      } else if (limit !== null && under >= UP_AFTER) {
        // Cameras that do not even give what they may need no limit.
        const wanted = Math.min(
          limit * LARGEST_STEP_UP,
          rate > 0 ? affordable(rate) : limit * LARGEST_STEP_UP,
        );
        limit = rate < limit * AIM ? null : Math.max(limit, wanted);
        under = 0;
      }
      return limit !== before;
    },
  };
}
