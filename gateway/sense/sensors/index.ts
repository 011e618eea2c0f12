import { z } from "zod";
import type { Sensor, SensorContext } from "../sensor.ts";
import { iio } from "./iio.ts";
import { modbus } from "./modbus.ts";
import { mqtt } from "./mqtt.ts";
import { serial } from "./serial.ts";
import { simulated } from "./simulated.ts";
import { sound } from "./sound.ts";

/** What every sensor has; a hub's sensors speak when they have something to say, the others are asked. */
const common = (staleAfterSeconds: number) => ({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, "small letters, digits and hyphens only, 63 at most")
    .describe("What this sensor is called in topics, logs and health: small letters, digits and hyphens."),
  staleAfterSeconds: z
    .number()
    .min(1)
    .max(86_400)
    .default(staleAfterSeconds)
    .describe("Without a measurement for so long it counts as stale."),
});

export const sensorOptions = z.discriminatedUnion("driver", [
  simulated.options.extend(common(120)),
  mqtt.options.extend(common(900)),
  modbus.options.extend(common(120)),
  serial.options.extend(common(120)),
  iio.options.extend(common(120)),
  sound.options.extend(common(120)),
]);
export type SensorOptions = z.output<typeof sensorOptions>;

/** Opens the sensor of that driver. Rejects with a GatewayError. A driver that is missing here does not compile. */
export function openSensor(options: SensorOptions, context: SensorContext): Promise<Sensor> {
  switch (options.driver) {
    case "simulated":
      return simulated.open(options, context);
    case "mqtt":
      return mqtt.open(options, context);
    case "modbus":
      return modbus.open(options, context);
    case "serial":
      return serial.open(options, context);
    case "iio":
      return iio.open(options, context);
    case "sound":
      return sound.open(options, context);
  }
}
