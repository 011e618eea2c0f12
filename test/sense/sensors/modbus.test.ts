import { spawnSync } from "node:child_process";
import dns from "node:dns";
import { symlink, unlink } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import { crc16 } from "../../../gateway/sense/meters.ts";
import { openBus } from "../../../gateway/sense/modbus/bus.ts";
import { measurementIn, registerOption } from "../../../gateway/sense/modbus/registers.ts";
import { readingOf } from "../../../gateway/sense/modbus/rtu.ts";
import { modbus } from "../../../gateway/sense/sensors/modbus.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { freePort, temporaryFolder } from "../../support/places.ts";
import { isListening, start, stop, until } from "../../support/programs.ts";
import { hasSocat, joinedPorts, serialDevice } from "../../support/socat.ts";

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

/** A gateway before that device which takes one connection at a time, as small ones do. */
async function oneAtATime(device: number) {
  let current: Socket | null = null;
  let taken = 0;
  const gateway = createServer((socket) => {
    socket.on("error", () => {});
    if (current) return void socket.destroy();
    taken += 1;
    current = socket;
    const behind = connect(device, "127.0.0.1");
    behind.on("error", () => {});
    socket.pipe(behind).pipe(socket);
    socket.on("close", () => {
      behind.destroy();
      current = null;
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => gateway.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => gateway.close(() => resolve())));
  return {
    port,
    taken: () => taken,
    /** Connections there are now hear nothing any more, as after a restart that nobody told of. */
    muteThem: () => void current?.unpipe().resume(),
  };
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

/** What a device sends over a serial line, with its checksum. */
function rtu(...bytes: number[]): Buffer {
  const said = Buffer.from([...bytes, 0, 0]);
  said.writeUInt16LE(crc16(said.subarray(0, -2)), bytes.length);
  return said;
}

describe("questions and answers on a serial line", () => {
  const co2 = registerOption.parse({ quantity: "co2", address: 12 });
  const { question, find } = readingOf(17, co2);
  const answer = rtu(17, 4, 2, 0x03, 0x2c);

  it("are those of the standard", () => {
    // Modbus application protocol 1.1b3, 6.3: registers 107 to 109 of unit 17, here the first of them.
    const holding = registerOption.parse({ quantity: "co2", address: 107, table: "holding" });
    expect(readingOf(17, holding).question).toEqual(rtu(17, 3, 0, 0x6b, 0, 1));
    expect(readingOf(17, { ...co2, type: "float32" }).question).toEqual(rtu(17, 4, 0, 12, 0, 2));
    expect(find(answer)).toEqual({ words: [812] });
    expect(find(rtu(17, 0x84, 2))).toEqual({ refusal: 2 });
  });

  it("are found behind an echo and in noise, and taken from nobody else", () => {
    expect(find(Buffer.concat([question, answer]))).toEqual({ words: [812] });
    expect(find(Buffer.concat([Buffer.from([0, 17, 4]), answer, Buffer.from([9])]))).toEqual({
      words: [812],
    });
    for (const other of [
      rtu(18, 4, 2, 3, 0x2c),
      rtu(17, 3, 2, 3, 0x2c),
      rtu(17, 4, 4, 3, 0x2c, 0, 0),
      question,
    ])
      expect(find(other)).toBeNull();
    for (let bit = 0; bit < 8 * answer.length; bit++) {
      const damaged = Buffer.from(answer);
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      expect(find(damaged), `bit ${bit}`).toBeNull();
    }
  });
});

describe.skipIf(!hasSocat)("a serial line that is not as it should be (skipped without socat)", () => {
  const registers = { co2: 0, temperature: 3 };
  const register = (quantity: keyof typeof registers) =>
    registerOption.parse({ quantity, address: registers[quantity] });
  const wire = (port: string) => ({ path: port, baudRate: 9_600, parity: "none", stopBits: 1 }) as const;
  const answerTo = (asked: Buffer) => {
    const value = asked.readUInt16BE(2) === registers.co2 ? 812 : 215;
    return rtu(asked[0]!, 4, 2, value >> 8, value & 255);
  };

  describeSensor("modbus, RTU", async () => {
    const line = await joinedPorts();
    await serialDevice(line.theirs, answerTo);
    const options = modbus.options.parse({
      ...{ driver: "modbus", line: { path: line.ours }, everySeconds: 0.2 },
      registers: [register("co2"), { ...register("temperature"), scale: 0.1 }],
    });
    return { open: (context) => modbus.open(options, context), vanish: () => line.unplug() };
  });

  it("has no answer that came too late taken for the next one's", async () => {
    const line = await joinedPorts();
    let asked = 0;
    await serialDevice(line.theirs, async (question) => {
      if (asked++ === 0) await clock.sleep(3_300);
      return answerTo(question);
    });
    // Two who share it, so that it stays open.
    const [one, other] = [await openBus(wire(line.ours), clock), await openBus(wire(line.ours), clock)];
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    await expect(one.read(7, register("co2"))).rejects.toThrow("no answer");
    await clock.sleep(600);
    expect(await one.read(7, register("temperature"))).toEqual([215]);
    expect(await one.read(7, register("co2"))).toEqual([812]);
    expect(await other.read(8, register("temperature"))).toEqual([215]);
  }, 20_000);

  it("is asked once more after noise, and given up when there is nothing else", async () => {
    const line = await joinedPorts();
    const noise = Buffer.from([7, 4, 2, 1]);
    let noisy = 1;
    await serialDevice(line.theirs, (question) => (noisy-- > 0 ? noise : answerTo(question)));
    const bus = await openBus(wire(line.ours), clock);
    onTestFinished(() => bus.close());
    expect(await bus.read(7, register("co2"))).toEqual([812]);
    noisy = 2;
    await expect(bus.read(7, register("co2"))).rejects.toThrow("no answer that makes sense");
    expect(await bus.read(7, register("co2"))).toEqual([812]);
  }, 20_000);

  it("has no second answer taken for the next one's, of a slow device with noise in front of what it says", async () => {
    const line = await joinedPorts();
    const device = await serialDevice(line.theirs, async (question) => {
      device.write(Buffer.from([0]));
      await clock.sleep(300);
      return answerTo(question);
    });
    const bus = await openBus(wire(line.ours), clock);
    onTestFinished(() => bus.close());
    for (let times = 0; times < 3; times++) {
      expect(await bus.read(7, register("co2"))).toEqual([812]);
      expect(await bus.read(7, register("temperature"))).toEqual([215]);
    }
  }, 20_000);

  it("is opened anew by the first who notices that it was unplugged, whatever the others do", async () => {
    const port = path.join(await temporaryFolder(), "rs485");
    const first = await joinedPorts();
    await symlink(first.ours, port);
    const [one, sleeper] = [await openBus(wire(port), clock), await openBus(wire(port), clock)];
    onTestFinished(() => sleeper.close());
    await first.unplug();
    await unlink(port);
    await until(
      () =>
        one.read(7, register("co2")).then(
          () => undefined,
          () => true as const,
        ),
      10,
      "it to be missed",
    );
    await one.close();
    const second = await joinedPorts();
    await serialDevice(second.theirs, answerTo);
    await symlink(second.ours, port);
    const again = await openBus(wire(port), clock);
    onTestFinished(() => again.close());
    expect(await again.read(7, register("co2"))).toEqual([812]);
  }, 30_000);
});

it("knows at once that a device over TCP has hung up", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.destroy());
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const sensor = await modbus.open(options({ host: "127.0.0.1", port }), sensorContext());
  onTestFinished(() => sensor.close());
  await expect(sensor.next()).rejects.toThrow("it hung up");
});

it("makes no number of an answer over TCP that is short of registers, whatever its length says", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (asked) => {
      // As many bytes as there should be, and a count of none.
      const answer = Buffer.from([...asked.subarray(0, 4), 0, 5, asked[6]!, asked[7]!, 0, 0x41, 0xac]);
      socket.write(answer);
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  const registers = [{ quantity: "temperature", address: 0 }];
  const sensor = await modbus.open(options({ host: "127.0.0.1", port }, { registers }), sensorContext());
  onTestFinished(() => sensor.close());
  await expect(sensor.next()).rejects.toThrow("it gave 0 registers where 1 were asked for");
});

it("says why a device cannot be reached, though its name has several addresses", async () => {
  const both = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  const lookup = vi
    .spyOn(dns, "lookup")
    .mockImplementation(((
      _host: string,
      _options: unknown,
      found: (error: null, addresses: typeof both) => void,
    ) => found(null, both)) as typeof dns.lookup);
  onTestFinished(() => lookup.mockRestore());
  await expect(modbus.open(options({ host: "air.school", port: 1 }), sensorContext())).rejects.toThrow(
    "sensor air-7: connect ECONNREFUSED 127.0.0.1:1; connect ",
  );
});

describe("a device that takes connections over TCP and says nothing", () => {
  const register = registerOption.parse({ quantity: "co2", address: 0 });

  async function silentDevice() {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {}).resume();
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const hangUp = () => sockets.forEach((socket) => void socket.destroy());
    onTestFinished(() => {
      hangUp();
      server.close();
    });
    return { wire: { host: "127.0.0.1", port }, sockets, hangUp };
  }

  it("can be left at once by one who is asking it", async () => {
    const { wire } = await silentDevice();
    const bus = await openBus(wire, clock);
    const asked = expect(bus.read(7, register)).rejects.toThrow("closed");
    await clock.sleep(100);
    const began = clock.elapsed();
    await bus.close();
    await asked;
    expect(clock.elapsed() - began).toBeLessThan(1_500);
  });

  it("is not asked any more by one who has left while the connection was being made anew", async () => {
    const { wire, sockets, hangUp } = await silentDevice();
    const bus = await openBus(wire, clock);
    await until(() => sockets.size === 1 || undefined, 5, "the connection");
    hangUp();
    await clock.sleep(100);
    const asked = expect(bus.read(7, register)).rejects.toThrow("closed");
    // As far as the new connection's beginning.
    for (let step = 0; step < 6; step++) await Promise.resolve();
    const began = clock.elapsed();
    await bus.close();
    await asked;
    expect(clock.elapsed() - began).toBeLessThan(1_500);
    await until(() => sockets.size === 2 || undefined, 5, "the new connection");
    await until(() => [...sockets].every(({ destroyed }) => destroyed) || undefined, 5, "its end");
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

    it("asks all devices behind one address over one connection, and makes another where that is dead", async () => {
      const device = await freePort();
      await serve("tcp", String(device));
      const gateway = await oneAtATime(device);
      const registers = [{ quantity: "co2", address: 0 }];
      const open = (unitId: number) =>
        modbus.open(
          options({ host: "127.0.0.1", port: gateway.port }, { registers, unitId }),
          sensorContext(),
        );
      const [seven, eight] = await Promise.all([open(7), open(8)]);
      onTestFinished(async () => void (await Promise.all([seven.close(), eight.close()])));
      const values = async () =>
        (await Promise.all([seven, eight].map((one) => nextMeasurements(one)))).map(([co2]) => co2!.value);
      expect(await values()).toEqual([812, 640]);
      gateway.muteThem();
      await expect(seven.next()).rejects.toThrow("no answer");
      expect(await values()).toEqual([812, 640]);
      expect(gateway.taken()).toBe(2);
    }, 20_000);

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
