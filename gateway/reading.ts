/** The words for what sensors measure. They are a part of `terms.ts`. */

/** What can be said of a measurement: the first that holds, from the second on, in this order; else `ok`. */
export const READING_QUALITIES = ["ok", "implausible", "stale", "jump", "stuck", "low_battery"] as const;
export type ReadingQuality = (typeof READING_QUALITIES)[number];
/** Of a reading that can be relied on: a battery that is low measures as well as a full one. */
export const RELIABLE = ["ok", "low_battery"] as const satisfies readonly ReadingQuality[];
export const isReliable = ({ quality }: Pick<Reading, "quality">): boolean =>
  RELIABLE.some((one) => one === quality);

/** A sensor's measurement. `unit` is UCUM (https://ucum.org). */
export interface Reading {
  readonly device: string;
  readonly quantity: string;
  readonly time: number;
  /** NaN where the sensor gave none: never zero instead. */
  readonly value: number;
  readonly unit: string;
  readonly quality: ReadingQuality;
}

/** How a sensor is doing. A single `jump` does not change it. */
export const SENSOR_STATES = [
  "opening",
  "ok",
  "lost",
  "paused",
  "stale",
  "implausible",
  "stuck",
  "low_battery",
] as const satisfies readonly ("opening" | "lost" | "paused" | ReadingQuality)[];
export type SensorState = (typeof SENSOR_STATES)[number];
