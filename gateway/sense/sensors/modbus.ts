import { z } from "zod";
import { failure } from "../../errors.ts";
import { port } from "../../options.ts";
import { openBus } from "../modbus/bus.ts";
import { whyNot } from "../modbus/client.ts";
import { measurementIn, registerOption } from "../modbus/registers.ts";
import { poll } from "../poll.ts";
import { sensorDriver } from "../sensor.ts";

const line = z.union([
  z.strictObject({
    host: z.string().min(1).describe("Name or address of the device or its gateway (Modbus TCP)."),
    port: port().default(502).describe("Its port."),
  }),
  z.strictObject({
    path: z.string().min(1).describe("Serial port (Modbus RTU), best by its name under /dev/serial/by-id."),
    baudRate: z.int().min(300).max(1_000_000).default(9_600).describe("Bits a second."),
    parity: z
      .enum(["none", "even", "odd"])
      .default("none")
      .describe("Parity bit. The standard says even; many devices, none."),
    stopBits: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe("Stop bits."),
  }),
]);

/** A transmitter with registers, over the network or a serial line. */
export const modbus = sensorDriver({
  options: z.strictObject({
    driver: z.literal("modbus"),
    line: line.describe("How it is reached: `host` for TCP, `path` for RTU."),
    unitId: z.int().min(0).max(255).default(1).describe("The device's own number on the line."),
    registers: z.array(registerOption).min(1).describe("What stands in which register."),
    everySeconds: z.number().min(0.2).max(3_600).default(10).describe("How often it is read."),
  }),
  async open({ line, unitId, registers, everySeconds }, { name, clock }) {
    const lost = (error: unknown) => failure("SENSOR_LOST", { sensor: name, problem: whyNot(error) }, error);
    const bus = await openBus(line, clock).catch((error) => {
      throw lost(error);
    });
    return poll(
      {
        everySeconds,
        close: () => bus.close(),
        async read() {
          try {
            const measurements = [];
            for (const register of registers)
              measurements.push(measurementIn(register, await bus.read(unitId, register)));
            return { measurements };
          } catch (error) {
            throw lost(error);
          }
        },
      },
      clock,
    );
  },
});
