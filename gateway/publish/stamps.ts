import type { Clock } from "../terms.ts";

/**
 * Times that can be relied on. A machine without a battery begins in 1970, or where it was last switched off, and is
 * set right by NTP later; somebody may set it wrong at any time.
 *
 *   happened at ─▶ before any possible time? held ─▶ clock set ─▶ corrected by the time that has passed since ─▶ sent
 *
 * Nothing leaves with a time from before `floor`. What is held keeps its order, and its times are exact, because
 * `clock.elapsed` runs evenly whatever happens to `clock.now`. When the clock is set back, times that have been used
 * come again: they are sent a millisecond later for each time that this happened, so that no row is written over.
 */
export interface Stamps {
  /** Calls `send` with the time to say: now, or once the clock is believable. */
  stamp(time: number, send: (time: number) => void): void;
  /** Messages that wait for the clock. */
  held(): number;
  /** Messages given up because too many were waiting. */
  lost(): number;
}

export interface StampsOptions {
  readonly clock: Clock;
  /** No earlier time is possible: when this program was made, say. */
  readonly floor: number;
  /** The clock was set, by so many seconds; not told of what NTP does little by little. */
  readonly onStep: (seconds: number) => void;
}

/** A window every 5 seconds for 14 hours. */
const MOST_HELD = 10_000;
/** NTP slews what is less than 128 ms; a busy machine reads its two clocks a moment apart. */
const STEP_MS = 1_000;

export function openStamps({ clock, floor, onStep }: StampsOptions): Stamps {
  const waiting: {
    readonly time: number;
    readonly elapsed: number;
    readonly send: (time: number) => void;
  }[] = [];
  let offset = clock.now() - clock.elapsed();
  /** The latest time given out, and how often the clock has gone back behind it. */
  let highest = Number.NEGATIVE_INFINITY;
  let returns = 0;
  let back = false;
  let lost = 0;

  function notice(): void {
    const now = clock.now() - clock.elapsed();
    const step = now - offset;
    offset = now;
    if (Math.abs(step) < STEP_MS) return;
    if (step < 0 && clock.now() <= highest) {
      back = true;
      returns += 1;
    }
    if (clock.now() >= floor) onStep(Math.round(step / 1000));
  }

  function give(time: number, send: (time: number) => void): void {
    if (time > highest) back = false;
    highest = Math.max(highest, time);
    send(back ? time + returns : time);
  }

  return {
    stamp(time, send) {
      notice();
      const age = Math.max(0, clock.now() - time);
      if (clock.now() < floor) {
        if (waiting.length >= MOST_HELD) {
          waiting.shift();
          lost += 1;
        }
        waiting.push({ time, elapsed: clock.elapsed() - age, send });
        return;
      }
      for (const one of waiting.splice(0))
        give(Math.round(clock.now() - (clock.elapsed() - one.elapsed)), one.send);
      // It happened before the clock was set, and is told only now: the same correction.
      give(time < floor ? clock.now() : time, send);
    },
    held: () => waiting.length,
    lost: () => lost,
  };
}
