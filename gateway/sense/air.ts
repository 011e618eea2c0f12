import { z } from "zod";
import { isReliable, type Reading } from "../terms.ts";

export const airOptions = z
  .strictObject({
    staleAbovePpm: z
      .number()
      .min(500)
      .max(10_000)
      .default(1_500)
      .describe(
        "CO₂ above this is stale air: `event/air_stale`. 1500 is what England's school buildings keep to on average (BB101).",
      ),
    freshBelowPpm: z
      .number()
      .min(450)
      .max(10_000)
      .default(1_000)
      .describe(
        "CO₂ below this is fresh again: `event/air_fresh`. 1000 is where Germany's UBA begins to advise airing.",
      ),
    forSeconds: z
      .number()
      .min(0)
      .max(3_600)
      .default(120)
      .describe("For how long it has to stay there, so that a breath on the meter is no event."),
  })
  .refine(({ staleAbovePpm, freshBelowPpm }) => freshBelowPpm < staleAbovePpm, {
    path: ["freshBelowPpm"],
    message: "has to be below `staleAbovePpm`",
  });
export type AirOptions = z.output<typeof airOptions>;

/** The air went stale, or is fresh again, as one device has measured it. */
export interface AirEvent {
  readonly time: number;
  readonly kind: "air_stale" | "air_fresh";
  readonly device: string;
  readonly quantity: "co2";
  readonly value: number;
  readonly unit: string;
}

/** Follows CO₂, each device for itself. Readings that cannot be relied on change nothing, but a silence breaks a stay. */
export function watchAir(options: AirOptions): (reading: Reading) => AirEvent | null {
  const { staleAbovePpm, freshBelowPpm, forSeconds } = options;
  const devices = new Map<string, { stale: boolean; since: number | null }>();
  return (reading) => {
    const { device, quantity, time, value, unit, quality } = reading;
    if (quantity !== "co2") return null;
    const air = devices.get(device) ?? { stale: false, since: null };
    devices.set(device, air);
    if (quality === "stale") air.since = null;
    if (!isReliable(reading)) return null;
    const beyond = air.stale ? value < freshBelowPpm : value > staleAbovePpm;
    air.since = beyond ? (air.since ?? time) : null;
    if (air.since === null || time - air.since < forSeconds * 1000) return null;
    air.stale = !air.stale;
    air.since = null;
    return { time, kind: air.stale ? "air_stale" : "air_fresh", device, quantity, value, unit };
  };
}
