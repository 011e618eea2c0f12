import { z } from "zod";
import { repeat } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Clock, Reading, SensorState } from "../terms.ts";
import { airOptions } from "./air.ts";
import { follow } from "./follow.ts";
import type { SensorContext } from "./sensor.ts";
import { openSensor, type SensorOptions, sensorOptions } from "./sensors/index.ts";

export { type AirEvent, watchAir } from "./air.ts";
export { judge } from "./judge.ts";
export { KINDS, RESTING_MINUTES } from "./quantities.ts";
export type { Found } from "./scan/found.ts";
export { scanMachine } from "./scan/machine.ts";
export { scanModbus } from "./scan/modbus.ts";
export { scanMqtt } from "./scan/mqtt.ts";
export type { Sensor, SensorContext } from "./sensor.ts";
export { openSensor, type SensorOptions, sensorOptions } from "./sensors/index.ts";
export { openSounds, type Sounds } from "./sounds.ts";
export { UNIT_CODES } from "./units.ts";

/**
 * sense: what the room's sensors measure.
 *
 *   driver ──Report──▶ one unit a quantity, weighed ──Reading──▶ attend, publish; CO₂ also to the watch over the air
 */
export const senseOptions = z.strictObject({
  sensors: z
    .array(sensorOptions)
    .default([])
    .superRefine((sensors, context) => {
      const names = sensors.map(({ name }) => name);
      for (const [index, sensor] of sensors.entries()) {
        const problem = (key: string, message: string) =>
          context.addIssue({ code: "custom", path: [index, key], message });
        if (names.indexOf(sensor.name) < index) problem("name", "each sensor needs a name of its own");
        if (sensor.driver === "mqtt" && sensor.adapter === "mapping" && sensor.fields.length === 0)
          problem("fields", "a mapping needs at least one");
        if (sensor.driver === "serial" && sensor.protocol === "lines" && sensor.patterns.length === 0)
          problem("patterns", "`lines` needs at least one");
        const speaksByItself = sensor.driver === "serial" && /^(json|lines)$/.test(sensor.protocol);
        if ("everySeconds" in sensor && !speaksByItself && sensor.everySeconds >= sensor.staleAfterSeconds)
          problem("staleAfterSeconds", `has to be more than \`everySeconds\`, ${sensor.everySeconds}`);
      }
    })
    .describe("The sensors of this room: see docs/sensors.md."),
  air: airOptions.prefault({}).describe("When the air is stale."),
});

/** All sensors of the room. None of them can keep the others, or the gateway, from going on. */
export interface Sense {
  /** How each sensor is doing, by name; the problem is one line, for people. */
  states(): Readonly<Record<string, { readonly state: SensorState; readonly problem?: string }>>;
  close(): Promise<void>;
}

export interface SenseContext extends Omit<SensorContext, "name" | "log"> {
  readonly log: Logger;
  readonly clock: Clock;
  onReading(reading: Reading): void;
}

const LOOK_SECONDS = 1;

/** Starts opening every sensor, and goes on trying; resolves at once. */
export function openSense(sensors: readonly SensorOptions[], context: SenseContext): Sense {
  const { clock, onReading } = context;
  const log = context.log.child({ part: "sense" });
  const states = new Map<string, { state: SensorState; problem?: string }>();
  const followed = sensors.map((options) => {
    const { name, staleAfterSeconds } = options;
    const own = log.child({ sensor: name });
    return follow(() => openSensor(options, { ...context, name, log: own }), {
      name,
      staleAfterSeconds,
      clock,
      onReading,
      onState(state, why) {
        // SENSOR_LOST names the sensor itself.
        const because = why?.replace(`sensor ${name}: `, "");
        states.set(name, { state, ...(because && { problem: because }) });
        const says = `sensor ${name}: ${state}${because ? `, ${because}` : ""}`;
        if (state === "opening") own.debug(says);
        else if (state === "ok" || state === "paused") own.info(says);
        else own.warn(says);
      },
    });
  });
  const looking = repeat(LOOK_SECONDS, clock, async () => {
    for (const one of followed) one.look();
  });
  return {
    states: () => Object.fromEntries(states),
    async close() {
      await looking.close();
      await Promise.all(followed.map((one) => one.close()));
    },
  };
}
