import { reason } from "../errors.ts";
import type { Clock } from "../terms.ts";
import type { Report, Sensor } from "./sensor.ts";

/** A sensor that is kept open. */
export interface Kept {
  /** Closes it. May be called more than once. */
  close(): Promise<void>;
}

export interface KeepContext {
  readonly clock: Clock;
  /** Told everything the sensor says, in order. */
  take(report: Report): void;
  /** It is lost, and will be tried again. Told at each attempt. */
  lost(why: string): void;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** A sensor that worked for so long is tried again soon, however often it was lost before. */
const STEADY_MS = 30_000;
/** How long `close` waits for a driver that is still opening. One that opens later is closed at once. */
const OPENING_GRACE_MS = 2_000;

/** Opens a sensor and passes on what it says, opening it again whenever it is lost, with growing pauses. */
export function keepOpen(open: () => Promise<Sensor>, { clock, take, lost }: KeepContext): Kept {
  const closing = new AbortController();
  let sensor: Sensor | null = null;

  async function takeUntilItEnds(): Promise<void> {
    const opened = await open();
    sensor = opened;
    try {
      while (!closing.signal.aborted) {
        const report = await opened.next();
        if (report === null) return;
        take(report);
      }
    } finally {
      sensor = null;
      await opened.close();
    }
  }

  const running = (async () => {
    for (let attempt = 0; !closing.signal.aborted; attempt += 1) {
      const began = clock.elapsed();
      await takeUntilItEnds().catch((error) => {
        if (!closing.signal.aborted) lost(reason(error));
      });
      if (clock.elapsed() - began > STEADY_MS) attempt = 0;
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** attempt);
      await clock.sleep(pause * (0.5 + Math.random() / 2), closing.signal);
    }
  })();

  return {
    async close() {
      closing.abort();
      await sensor?.close();
      const waited = new AbortController();
      await Promise.race([running, clock.sleep(OPENING_GRACE_MS, waited.signal)]);
      waited.abort();
    },
  };
}
