import { type Clock, isReliable, type Reading } from "../terms.ts";
import type { Environment } from "./network/features.ts";

/** Which reading says what the network may know of the room; units as in `Environment`. */
const FEATURES: Readonly<Record<string, { readonly feature: keyof Environment; readonly unit: string }>> = {
  co2: { feature: "co2", unit: "[ppm]" },
  noise: { feature: "noise", unit: "dB[SPL]" },
  light: { feature: "light", unit: "lx" },
  temperature: { feature: "temperature", unit: "Cel" },
};

/** Air changes over minutes; a reading older than this says nothing of a look. */
const OLDEST_MS = 10 * 60_000;

/** Joins readings to looks by time. */
export interface Surroundings {
  take(reading: Reading): void;
  /** The air and light now; what no sensor has told lately is left out, and so masked. */
  now(): Environment;
}

/** Of several devices that measure the same, the middle one counts. Readings that cannot be relied on take theirs away. */
export function joinSurroundings(clock: Clock): Surroundings {
  /** By feature and device. */
  const latest = new Map<keyof Environment, Map<string, { readonly time: number; readonly value: number }>>();
  return {
    take(reading) {
      const { device, quantity, time, value, unit, quality } = reading;
      const known = Object.hasOwn(FEATURES, quantity) ? FEATURES[quantity] : undefined;
      if (!known || known.unit !== unit) return;
      const devices = latest.get(known.feature) ?? new Map();
      latest.set(known.feature, devices);
      if (isReliable(reading)) devices.set(device, { time, value });
      // One jump is doubted; the value before it stands until it is too old.
      else if (quality !== "jump") devices.delete(device);
    },
    now() {
      const now = clock.now();
      const environment: Record<string, number> = {};
      for (const [feature, devices] of latest) {
        const values = [...devices.values()]
          .filter(({ time }) => Math.abs(now - time) <= OLDEST_MS)
          .map(({ value }) => value)
          .sort((a, b) => a - b);
        if (values.length > 0) environment[feature] = values[Math.floor(values.length / 2)]!;
      }
      return environment;
    },
  };
}
