import type { z } from "zod";
import type { Logger } from "../log.ts";
import type { Activity, Clock } from "../terms.ts";
import type { Quantity } from "./quantities.ts";
import type { Sounds } from "./sounds.ts";

/** What a device says it has measured, in its own unit. `sense` makes a Reading of it. */
export interface Measurement {
  readonly quantity: Quantity;
  /** NaN when the device said something that is no number. What it did not say at all is no measurement. */
  readonly value: number;
  /** UCUM, or what devices write instead: see `units.ts`. */
  readonly unit: string;
  /** When it was measured; when it was heard, if left out. */
  readonly time?: number;
}

/** What a sensor hands out at a time. With nothing in it, it says that the device can be heard again. */
export interface Report {
  readonly measurements: readonly Measurement[];
  /** The device's own word that its battery is low. */
  readonly lowBattery?: boolean;
  /** Somebody who knows (its hub, its last will, the eye) says that nothing can come from it now, and why. */
  readonly away?: { readonly state: "lost" | "paused"; readonly why: string };
}

/**
 * The sensor contract: one device, which hands out what it measured, in order. `test/contracts/sensor.ts` holds every
 * driver to it.
 */
export interface Sensor {
  /**
   * What has been measured and not been handed out yet; waits for something if need be. Null once it has been closed.
   * Rejects with a GatewayError when the sensor is lost.
   */
  next(): Promise<Report | null>;
  /** Frees ports and connections. May be called at any time and more than once. */
  close(): Promise<void>;
}

/** What is going on in the room, as far as a simulated sensor minds. */
export interface Scene {
  readonly activity: Activity;
  readonly airing: boolean;
}

export interface SensorContext {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** How to reach the gateway's own broker, for sensors that name no other. */
  readonly broker: {
    readonly url: string;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
    readonly caFile?: string | undefined;
  };
  readonly scene: () => Scene;
  /** What the eye's microphones hear. */
  readonly sounds: Sounds;
}

export interface SensorDriver<Schema extends z.ZodObject> {
  readonly options: Schema;
  /** Rejects with a GatewayError when the sensor cannot be reached; it is tried again. */
  open(options: z.output<Schema>, context: SensorContext): Promise<Sensor>;
}

/** Ties a driver's option schema to the type of the options its `open` receives. */
export function sensorDriver<Schema extends z.ZodObject>(driver: SensorDriver<Schema>): SensorDriver<Schema> {
  return driver;
}
