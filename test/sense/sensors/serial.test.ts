import { rename, symlink } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { cutLines, patternOption } from "../../../gateway/sense/lines.ts";
import { answerIn, crc16, METERS } from "../../../gateway/sense/meters.ts";
import { serial } from "../../../gateway/sense/sensors/serial.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { temporaryFolder } from "../../support/places.ts";
import { hasSocat, joinedPorts, serialDevice } from "../../support/socat.ts";

const hex = (text: string) => Buffer.from(text.replaceAll(" ", ""), "hex");

const options = (port: string, more: object) =>
  serial.options.parse({ driver: "serial", path: port, everySeconds: 1, ...more });

/** From the makers' manuals: 608 ppm, and 400 ppm. */
const MHZ19_ANSWER = hex("ff 86 02 60 47 00 00 00 d1");
const SENSEAIR_ANSWER = hex("fe 04 08 00 00 00 00 00 00 01 90 16 e6");

describe("what CO₂ meters say in bytes", () => {
  it("takes the answers that stand in the manuals", () => {
    expect(METERS["mh-z19"].read(answerIn(MHZ19_ANSWER, METERS["mh-z19"])!)).toEqual({
      measurement: { quantity: "co2", unit: "[ppm]", value: 608 },
    });
    expect(METERS.senseair.read(answerIn(SENSEAIR_ANSWER, METERS.senseair)!)).toEqual({
      measurement: { quantity: "co2", unit: "[ppm]", value: 400 },
    });
  });

  it("asks in the manuals' words, with the right checksum", () => {
    const asked = METERS.senseair.request;
    expect(asked.readUInt16LE(6)).toBe(crc16(asked.subarray(0, 6)));
    expect(METERS["mh-z19"].request).toEqual(hex("ff 01 86 00 00 00 00 00 79"));
  });

  it("finds an answer in noise, and takes none whose checksum is wrong", () => {
    expect(answerIn(Buffer.concat([hex("00 ff 86 ff"), MHZ19_ANSWER, hex("ff")]), METERS["mh-z19"])).toEqual(
      MHZ19_ANSWER,
    );
    for (const [answer, meter] of [
      [MHZ19_ANSWER, METERS["mh-z19"]],
      [SENSEAIR_ANSWER, METERS.senseair],
    ] as const) {
      for (let bit = 0; bit < 8 * answer.length; bit++) {
        const damaged = Buffer.from(answer);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        // The only byte that MH-Z19's checksum leaves out is the first, by which an answer is found at all.
        expect(answerIn(damaged, meter), `bit ${bit}`).toBeNull();
      }
      expect(answerIn(answer.subarray(0, -1), meter)).toBeNull();
    }
  });

  it("believes no figure of a meter that says it has an error", () => {
    const answer = Buffer.from(SENSEAIR_ANSWER);
    answer.writeUInt16BE(0x20, 3);
    answer.writeUInt16LE(crc16(answer.subarray(0, 11)), 11);
    expect(METERS.senseair.read(answerIn(answer, METERS.senseair)!)).toEqual({
      problem: "the meter reports an error (state 0x20)",
    });
  });
});

describe("lines", () => {
  it("are cut wherever the bytes happen to be, without the first, which may be half", () => {
    const lines: string[] = [];
    const take = cutLines((line) => lines.push(line));
    for (const piece of ["2 ppm\r", "\nCO2: 8", "13 ppm\r\nCO2: 814", " ppm\n\nCO2: 9"])
      take(Buffer.from(piece));
    expect(lines).toEqual(["CO2: 813 ppm", "CO2: 814 ppm"]);
  });

  it("are text in UTF-8, also where a letter comes in two pieces", () => {
    const lines: string[] = [];
    const take = cutLines((line) => lines.push(line));
    const bytes = Buffer.from("\nT=21.5 °C\n");
    for (let at = 0; at < bytes.length; at++) take(bytes.subarray(at, at + 1));
    expect(lines).toEqual(["T=21.5 °C"]);
  });

  it("are none when they have no end: what a wrong baud rate makes of them", () => {
    const lines: string[] = [];
    const take = cutLines((line) => lines.push(line));
    take(Buffer.from(`\n${"x".repeat(3_000)}`));
    take(Buffer.from("x".repeat(3_000)));
    take(Buffer.from("\nCO2: 812\n"));
    expect(lines).toEqual(["CO2: 812"]);
  });

  it("need a pattern with a group", () => {
    const pattern = (text: string) => patternOption.safeParse({ quantity: "co2", pattern: text }).success;
    expect([pattern("CO2: (\\d+)"), pattern("CO2: \\d+"), pattern("(")]).toEqual([true, false, false]);
  });
});

describe.skipIf(!hasSocat)("serial ports (skipped without socat)", () => {
  describeSensor("serial, JSON", async () => {
    const line = await joinedPorts();
    const { write } = await serialDevice(line.theirs);
    return {
      open: (context) => serial.open(options(line.ours, { protocol: "json" }), context),
      speak: () => write('{"co2": 812, "temperature": 21.5, "uptime": 7}\n'),
      vanish: () => line.unplug(),
    };
  });

  describeSensor("serial, MH-Z19", async () => {
    const line = await joinedPorts();
    await serialDevice(line.theirs, (asked) =>
      asked.equals(METERS["mh-z19"].request) ? MHZ19_ANSWER : null,
    );
    return {
      open: (context) => serial.open(options(line.ours, { protocol: "mh-z19" }), context),
      vanish: () => line.unplug(),
    };
  });

  it("reads lines of text by their patterns", async () => {
    const line = await joinedPorts();
    const { write } = await serialDevice(line.theirs);
    const patterns = [
      { quantity: "co2", pattern: "Z (\\d+)" },
      { quantity: "temperature", pattern: "T=([-.\\w]+)", unit: "[degF]" },
    ];
    const sensor = await serial.open(options(line.ours, { protocol: "lines", patterns }), sensorContext());
    onTestFinished(() => sensor.close());
    expect(await nextMeasurements(sensor, () => write("noise\r\nT=70.5 Z 00812 z 00820\r\n"))).toEqual([
      { quantity: "co2", unit: "[ppm]", value: 812 },
      { quantity: "temperature", unit: "[degF]", value: 70.5 },
    ]);
  });

  it("asks a Senseair meter, and tells one that is silent from one that talks nonsense", async () => {
    const line = await joinedPorts();
    let answer = SENSEAIR_ANSWER;
    await serialDevice(line.theirs, () => answer);
    const sensor = await serial.open(options(line.ours, { protocol: "senseair" }), sensorContext());
    onTestFinished(() => sensor.close());
    expect(await nextMeasurements(sensor)).toEqual([{ quantity: "co2", unit: "[ppm]", value: 400 }]);
    answer = hex("01 02 03");
    await expect(sensor.next()).rejects.toThrow("no answer that makes sense");
    answer = Buffer.alloc(0);
    await expect(sensor.next()).rejects.toThrow("no answer");
  });

  it("asks a meter once more when noise came instead of an answer, and finds one behind an echo", async () => {
    const line = await joinedPorts();
    const answers = [hex("ff 86 02"), MHZ19_ANSWER, Buffer.concat([METERS["mh-z19"].request, MHZ19_ANSWER])];
    await serialDevice(line.theirs, () => answers.shift() ?? null);
    const sensor = await serial.open(options(line.ours, { protocol: "mh-z19" }), sensorContext());
    onTestFinished(() => sensor.close());
    for (let times = 0; times < 2; times++)
      expect(await nextMeasurements(sensor)).toEqual([{ quantity: "co2", unit: "[ppm]", value: 608 }]);
  }, 20_000);

  it("notices that a port was plugged in anew, though there was one of its name all the time", async () => {
    const [before, after] = [await joinedPorts(), await joinedPorts()];
    const byId = path.join(await temporaryFolder(), "usb-1a86-port0");
    await symlink(before.ours, byId);
    const { write } = await serialDevice(before.theirs);
    const sensor = await serial.open(options(byId, { protocol: "json" }), sensorContext());
    onTestFinished(() => sensor.close());
    await nextMeasurements(sensor, () => write('{"co2": 812}\n'));
    await symlink(after.ours, `${byId}-new`);
    await rename(`${byId}-new`, byId);
    await expect(
      (async () => {
        while ((await sensor.next()) !== null);
      })(),
    ).rejects.toMatchObject({ code: "SENSOR_LOST", message: expect.stringContaining("plugged in anew") });
  }, 20_000);

  it("says that a port is not there", async () => {
    await expect(
      serial.open(options("/dev/no-such-port", { protocol: "json" }), sensorContext()),
    ).rejects.toMatchObject({ code: "SENSOR_LOST", message: expect.stringContaining("/dev/no-such-port") });
  });
});
