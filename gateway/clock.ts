import type { Clock } from "./terms.ts";

/** The most that `setTimeout` can wait for, 24 days: it takes more for no time at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      };
      let timer: NodeJS.Timeout;
      const wait = (left: number) => {
        // Node complains of a time that has already passed.
        if (left <= LONGEST_MS) timer = setTimeout(done, Math.max(0, left));
        else timer = setTimeout(() => wait(left - LONGEST_MS), LONGEST_MS);
      };
      wait(ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  },
};

/** Does something over and over, the first time at once, until closed. What it throws is its own to handle. */
export function repeat(seconds: number, clock: Clock, work: () => Promise<void>): { close(): Promise<void> } {
  const stopping = new AbortController();
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await work();
      await clock.sleep(seconds * 1000, stopping.signal);
    }
  })();
  return {
    async close() {
      stopping.abort();
      await running;
    },
  };
}
