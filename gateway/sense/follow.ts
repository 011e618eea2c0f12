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
const WORST_FIRST = ["implausible", "stuck", "stale", "low_battery"] as const;
const WHY: Readonly<Record<(typeof WORST_FIRST)[number], (of: string) => string>> = {
  implausible: (of) => `what it says of ${of} cannot be`,
  stuck: (of) => `it says the very same of ${of} for too long`,
  stale: (of) => `nothing that is new enough was heard of ${of}`,
  low_battery: () => "its battery is low",
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

  /** The whole device, not one quantity of it. */
  const isSilent = () => clock.elapsed() - heard > staleAfterSeconds * 1000;

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

  /** What its latest readings make of it, as long as it can be heard. */
  function settle(): void {
    const worst = WORST_FIRST.find((quality) => [...latest.values()].includes(quality));
    const of = [...latest].flatMap(([quantity, quality]) => (quality === worst ? [quantity] : [])).join(", ");
    if (isSilent()) become("stale", `nothing was heard from it for ${staleAfterSeconds} s`);
    else if (worst) become(worst, WHY[worst](of));
    else become(latest.size === 0 ? "opening" : "ok", null);
  }

  function take({ measurements, lowBattery, away }: Report): void {
    if (away) {
      become(away.state, away.why);
      return;
    }
    for (const measurement of measurements) pass(weigh(measurement, clock.now(), lowBattery));
    if (measurements.length > 0) heard = clock.elapsed();
    settle();
  }

  const kept = keepOpen(open, { clock, take, lost: (why) => become("lost", why) });
  return {
    look() {
      const overdueNow = overdue(clock.now());
      for (const reading of overdueNow) pass(reading);
      if (state === "lost" || state === "paused") return;
      if (overdueNow.length > 0 || isSilent()) settle();
    },
    close: () => kept.close(),
  };
}
