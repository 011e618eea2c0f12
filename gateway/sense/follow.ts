import type { Clock, Reading, SensorState } from "../terms.ts";
import { judge } from "./judge.ts";
import { keepOpen } from "./keep.ts";
import type { Report, Sensor } from "./sensor.ts";

/** One sensor on its way from what it says to readings, and how it is doing. */
export interface Followed {
  /** What has grown stale meanwhile is told. To be called now and then. */
  look(): void;
  close(): Promise<void>;
}

export interface FollowContext {
  readonly name: string;
  readonly staleAfterSeconds: number;
  readonly clock: Clock;
  onReading(reading: Reading): void;
  /** Told each change, once; why is for people. */
  onState(state: SensorState, why: string | null): void;
}

/** Of what a sensor's latest readings are worth, the first of these makes its state. */
const WORST_FIRST = ["implausible", "stuck", "low_battery"] as const;
const WHY: Readonly<Record<(typeof WORST_FIRST)[number], string>> = {
  implausible: "it says what cannot be",
  stuck: "it says the very same for too long",
  low_battery: "its battery is low",
};

/**
 *   sensor ──Report──▶ judge ──Reading──▶ onReading, and what all of it makes of the sensor's state
 */
export function follow(open: () => Promise<Sensor>, context: FollowContext): Followed {
  const { name, staleAfterSeconds, clock, onReading } = context;
  const { weigh, overdue } = judge(name, staleAfterSeconds);
  /** What the latest reading of each quantity is worth. */
  const latest = new Map<string, Reading["quality"]>();
  let heard = clock.elapsed();
  let state: SensorState = "opening";
  context.onState(state, null);

  function become(next: SensorState, why: string | null): void {
    if (next === state) return;
    state = next;
    context.onState(next, why);
  }

  function pass(reading: Reading): void {
    // One jump says little of a sensor; what it was worth before stands.
    if (reading.quality !== "jump") latest.set(reading.quantity, reading.quality);
    onReading(reading);
  }

  function take({ measurements, lowBattery, away }: Report): void {
    if (away) {
      become(away.state, away.why);
    } else if (measurements.length > 0) {
      for (const measurement of measurements) pass(weigh(measurement, clock.now(), lowBattery));
      const worths = [...latest.values()];
      const worst = WORST_FIRST.find((quality) => worths.includes(quality));
      if (worths.every((quality) => quality === "stale")) {
        become("stale", "what it says is too old");
      } else {
        heard = clock.elapsed();
        become(worst ?? "ok", worst ? WHY[worst] : null);
      }
    }
  }

  const kept = keepOpen(open, { clock, take, lost: (why) => become("lost", why) });
  return {
    look() {
      for (const reading of overdue(clock.now())) pass(reading);
      if (clock.elapsed() - heard > staleAfterSeconds * 1000 && state !== "lost" && state !== "paused")
        become("stale", `nothing was heard from it for ${staleAfterSeconds} s`);
    },
    close: () => kept.close(),
  };
}
