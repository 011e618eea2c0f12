import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../../gateway/paths.ts";
import { measurementIn, registerOption } from "../../../gateway/sense/registers.ts";
import { modbus } from "../../../gateway/sense/sensors/modbus.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { freePort } from "../../support/places.ts";
import { isListening, start, stop, until } from "../../support/programs.ts";
import { hasSocat, joinedPorts } from "../../support/socat.ts";

/** Debian's, by its path: another Python on the PATH does not have Debian's packages. */
const PYTHON = "/usr/bin/python3";
const hasPymodbus = spawnSync(PYTHON, ["-c", "import pymodbus.server"]).status === 0;

async function serve(kind: "tcp" | "rtu", place: string) {
  const { child, said } = start(PYTHON, [path.join(packageRoot, "test/support/modbus.py"), kind, place]);
  onTestFinished(() => stop(child));
  if (kind === "tcp") {
    await until(() => isListening(Number(place)), 20, "the Modbus server").catch((error) => {
      throw new Error(`${error.message}: ${said()}`);
    });
  }
  return { stop: () => stop(child, "SIGKILL"), said };
}

/** What `modbus.py` holds. */
const REGISTERS = [
  { quantity: "co2", address: 0 },
  { quantity: "temperature", address: 6, type: "float32", words: "low first" },
  { quantity: "humidity", address: 4, type: "float32" },
  { quantity: "pressure", address: 8, type: "uint32", unit: "Pa" },
  { quantity: "light", table: "holding", address: 5, type: "uint16" },
];
const VALUES = [812, 21.5, 44.25, 101_325, 640];

const options = (line: object, more: object = {}) =>
  modbus.options.parse({
    driver: "modbus",
    line,
    unitId: 7,
    registers: REGISTERS,
    everySeconds: 0.2,
    ...more,
  });

describe("numbers in registers", () => {
  it("are put together as their type says", () => {
    const value = (register: object, ...words: number[]) =>
      measurementIn(registerOption.parse({ quantity: "temperature", address: 0, ...register }), words).value;
    expect(value({ type: "int16" }, 65_486)).toBe(-50);
    expect(value({ type: "uint16" }, 65_486)).toBe(65_486);
    expect(value({ type: "int32" }, 0xffff, 0xfffe)).toBe(-2);
    expect(value({ type: "uint32" }, 1, 2)).toBe(65_538);
    expect(value({ type: "uint32", words: "low first" }, 2, 1)).toBe(65_538);
    expect(value({ type: "float32" }, 0x41ac, 0)).toBe(21.5);
    expect(value({ type: "int16", scale: 0.1, offset: -40 }, 615)).toBeCloseTo(21.5);
    expect(value({ type: "float32" }, 0x7fc0, 0)).toBeNaN();
  });
});

describe.skipIf(!hasPymodbus)(
  "Modbus (skipped without Debian's python3-pymodbus and python3-serial-asyncio)",
  () => {
    describeSensor("modbus, TCP", async () => {
      const port = await freePort();
      const server = await serve("tcp", String(port));
      return {
        open: (context) => modbus.open(options({ host: "127.0.0.1", port }), context),
        vanish: server.stop,
      };
    });

    it("reads all kinds of registers over TCP", async () => {
      const port = await freePort();
      await serve("tcp", String(port));
      const sensor = await modbus.open(options({ host: "127.0.0.1", port }), sensorContext());
      onTestFinished(() => sensor.close());
      expect((await nextMeasurements(sensor)).map(({ value }) => value)).toEqual(VALUES);
    });

    it("says what the device answers when there is no such register, or nobody is there", async () => {
      const port = await freePort();
      await serve("tcp", String(port));
      const registers = [{ quantity: "co2", address: 500 }];
      const sensor = await modbus.open(options({ host: "127.0.0.1", port }, { registers }), sensorContext());
      onTestFinished(() => sensor.close());
      await expect(sensor.next()).rejects.toMatchObject({
        code: "SENSOR_LOST",
        message: expect.stringContaining("Modbus exception 2"),
      });
      await expect(
        modbus.open(options({ host: "127.0.0.1", port: await freePort() }), sensorContext()),
      ).rejects.toMatchObject({ code: "SENSOR_LOST" });
    });

    it.skipIf(!hasSocat)(
      "reads the same over a serial line (skipped without socat)",
      async () => {
        const line = await joinedPorts();
        const server = await serve("rtu", line.theirs);
        // The server says nothing when it is ready: it is asked until it answers.
        const measurements = await until(
          async () => {
            const sensor = await modbus.open(options({ path: line.ours }), sensorContext());
            try {
              return await nextMeasurements(sensor);
            } catch {
              return undefined;
            } finally {
              await sensor.close();
            }
          },
          25,
          "the Modbus server",
        ).catch((error) => {
          throw new Error(`${error.message}: ${server.said()}`);
        });
        expect(measurements.map(({ value }) => value)).toEqual(VALUES);
      },
      40_000,
    );
  },
);
