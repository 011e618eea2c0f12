import { spawnSync } from "node:child_process";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../../gateway/paths.ts";
import { measurementIn, registerOption } from "../../../gateway/sense/modbus/registers.ts";
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

    describe.skipIf(!hasSocat)("over a serial line (skipped without socat)", () => {
      async function serialLine() {
        const line = await joinedPorts();
        const server = await serve("rtu", line.theirs);
        const open = (more: object = {}, wire: object = {}) =>
          modbus.open(options({ path: line.ours, ...wire }, more), sensorContext());
        // The server says nothing when it is ready: it is asked until it answers.
        const measurements = await until(
          async () => {
            const sensor = await open();
            try {
              return await nextMeasurements(sensor);
            } catch {
              return undefined;
            } finally {
              await sensor.close();
            }
          },
          25,
          () => `the Modbus server: ${server.said()}`,
        );
        return { open, measurements };
      }

      it("reads the same", async () => {
        const { measurements } = await serialLine();
        expect(measurements.map(({ value }) => value)).toEqual(VALUES);
      }, 40_000);

      it("shares it between the devices that are on it, one of which is silent and harms nobody", async () => {
        const { open } = await serialLine();
        const registers = [{ quantity: "co2", address: 0 }];
        const [seven, eight, silent] = [
          await open({ registers }),
          await open({ registers, unitId: 8 }),
          await open({ registers, unitId: 9 }),
        ];
        const nobody = expect(silent.next()).rejects.toThrow("no answer");
        const values = async () =>
          (await Promise.all([seven, eight].map((one) => nextMeasurements(one)))).map(([co2]) => co2!.value);
        expect(await values()).toEqual([812, 640]);
        await nobody;
        await silent.close();
        expect(await values()).toEqual([812, 640]);
        await expect(open({ registers }, { baudRate: 19_200 })).rejects.toThrow("has other settings");
        await seven.close();
        expect((await nextMeasurements(eight))[0]!.value).toBe(640);
        await eight.close();
        // The last one has closed it: it can be opened in another way.
        await (await open({ registers }, { baudRate: 19_200 })).close();
      }, 60_000);
    });
  },
);
