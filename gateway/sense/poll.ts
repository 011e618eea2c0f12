import type { Clock } from "../terms.ts";
import type { Report, Sensor } from "./sensor.ts";

export interface Polled {
  readonly everySeconds: number;
  /** Asks the device once. What it rejects with, `next` rejects with. */
  readonly read: () => Promise<Report>;
  readonly close: () => Promise<void>;
}

/** A sensor that says something only when it is asked: at once, and then every so many seconds. */
export function poll({ everySeconds, read, close }: Polled, clock: Clock): Sensor {
  const closing = new AbortController();
  let due = clock.elapsed();
  let closed: Promise<void> | undefined;
  return {
    async next() {
      await clock.sleep(Math.max(0, due - clock.elapsed()), closing.signal);
      if (closing.signal.aborted) return null;
      due = Math.max(due + everySeconds * 1000, clock.elapsed());
      try {
        const report = await read();
        return closing.signal.aborted ? null : report;
      } catch (error) {
        if (closing.signal.aborted) return null;
        throw error;
      }
    },
    close() {
      closing.abort();
      closed ??= close();
      return closed;
    },
  };
}
