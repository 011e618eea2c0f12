import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { scanMachine } from "../../../gateway/sense/scan/machine.ts";
import { iio, listChips } from "../../../gateway/sense/sensors/iio.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { temporaryFolder } from "../../support/places.ts";
import { until } from "../../support/programs.ts";

/** A folder shaped like /sys/bus/iio/devices, as the kernel's sysfs-bus-iio describes it. */
async function sysfs(devices: Record<string, Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [device, files] of Object.entries(devices)) {
    await mkdir(path.join(folder, device));
    for (const [file, text] of Object.entries(files))
      await writeFile(path.join(folder, device, file), `${text}\n`);
  }
  return folder;
}

/** As the kernel's driver scd30 shows it: hundredths of a ppm, percent once scaled; the rest is done with. */
const SCD30 = {
  name: "scd30",
  in_concentration_co2_raw: "81200",
  in_concentration_co2_scale: "0.000001",
  in_temp_input: "21500",
  in_humidityrelative_input: "44720",
};
/** As scd4x does: everything raw. */
const SCD41 = {
  name: "scd41",
  in_concentration_co2_raw: "812",
  in_concentration_co2_scale: "0.000100",
  in_temp_raw: "24904",
  in_temp_offset: "-16852.114286",
  in_temp_scale: "2.670288085",
  in_humidityrelative_raw: "29308",
  in_humidityrelative_scale: "1.525878906",
};
/** As bmp280 does: `_input` is done with; pressure in kilopascal. */
const BME280 = {
  name: "bme280",
  in_pressure_input: "101.325000",
  in_temp_input: "21870",
  in_humidityrelative_input: "44125",
};

const options = (folder: string, device: string) =>
  iio.options.parse({ driver: "iio", device, folder, everySeconds: 0.2 });

describeSensor("iio", async () => {
  const folder = await sysfs({ "iio:device0": SCD30 });
  return {
    open: (context) => iio.open(options(folder, "scd30"), context),
    vanish: () => rm(path.join(folder, "iio:device0"), { recursive: true }),
  };
});

describe("Linux industrial I/O", () => {
  it("multiplies raw by scale and adds no offset that is not there", async () => {
    const folder = await sysfs({ "iio:device0": { name: "bme280" }, "iio:device1": SCD30 });
    const sensor = await iio.open(options(folder, "scd30"), sensorContext());
    const found = Object.fromEntries(
      (await nextMeasurements(sensor)).map(({ quantity, value, unit }) => [quantity, [value, unit]]),
    );
    await sensor.close();
    expect(found).toEqual({
      co2: [expect.closeTo(0.0812, 9), "%"],
      temperature: [21_500, "mCel"],
      humidity: [expect.closeTo(44.72, 9), "%"],
    });
  });

  it("reads a chip that gives everything raw", async () => {
    const folder = await sysfs({ "iio:device0": SCD41 });
    const sensor = await iio.open(options(folder, "scd41"), sensorContext());
    const [temperature, humidity, co2] = ["temperature", "humidity", "co2"].map(
      (quantity) => (one: { quantity: string }) => one.quantity === quantity,
    );
    const measurements = await nextMeasurements(sensor);
    await sensor.close();
    expect(measurements.find(co2!)!.value).toBeCloseTo(0.0812, 9);
    expect(measurements.find(temperature!)!.value).toBeCloseTo(21_500, -1);
    expect(measurements.find(humidity!)!.value).toBeCloseTo(44.72, 2);
  });

  it("adds an offset before it scales, takes `_input` as it is, and goes by the folder's name too", async () => {
    const folder = await sysfs({
      "iio:device0": BME280,
      "iio:device1": {
        name: "hdc100x",
        in_temp_raw: "24000",
        in_temp_offset: "-15887.515151",
        in_temp_scale: "2.517700195",
      },
    });
    const measured = async (device: string) => {
      const sensor = await iio.open(options(folder, device), sensorContext());
      const measurements = await nextMeasurements(sensor);
      await sensor.close();
      return measurements;
    };
    expect(await measured("iio:device0")).toEqual([
      { quantity: "temperature", unit: "mCel", value: 21_870 },
      { quantity: "humidity", unit: "%", value: 44.125 },
      { quantity: "pressure", unit: "kPa", value: 101.325 },
    ]);
    expect(await measured("hdc100x")).toEqual([
      { quantity: "temperature", unit: "mCel", value: expect.closeTo(20_424.8, 0) },
    ]);
  });

  it("takes the first of two channels that measure the same", async () => {
    const folder = await sysfs({
      "iio:device0": {
        name: "two",
        in_temp_ambient_raw: "30000",
        in_humidityrelative_raw: "40000",
        in_temp_input: "21000",
      },
    });
    const [chip] = await listChips(folder);
    expect(chip!.channels).toEqual(["in_temp", "in_humidityrelative"]);
  });

  it("tells two of a name by their places on the bus, and takes neither for the other", async () => {
    const bus = await sysfs({ "1-0076": {}, "1-0077": {} });
    const folder = await temporaryFolder();
    for (const [id, at, temperature] of [
      ["iio:device0", "1-0077", "21000"],
      ["iio:device1", "1-0076", "22000"],
    ] as const) {
      const place = path.join(bus, at, id);
      await mkdir(place);
      await writeFile(path.join(place, "name"), "bme280\n");
      await writeFile(path.join(place, "in_temp_input"), `${temperature}\n`);
      await symlink(place, path.join(folder, id));
    }
    await expect(iio.open(options(folder, "bme280"), sensorContext())).rejects.toThrow(
      "there are 2 of bme280: 1-0077, 1-0076",
    );
    const sensor = await iio.open(options(folder, "1-0076"), sensorContext());
    expect(await nextMeasurements(sensor)).toMatchObject([{ value: 22_000 }]);
    await sensor.close();
    const found = await scanMachine({ iioFolder: folder, alsaFile: "/nowhere" });
    const devices = found.map(({ config }) => config).filter(({ driver }) => driver === "iio");
    expect(devices.map(({ device }) => device)).toEqual(["1-0077", "1-0076"]);
  });

  it("takes no carbon dioxide from a chip that guesses it", async () => {
    const folder = await sysfs({
      "iio:device0": {
        name: "ccs811",
        in_concentration_co2_raw: "812",
        in_concentration_co2_scale: "0.0001",
      },
    });
    expect((await listChips(folder))[0]!.channels).toEqual([]);
  });

  it("gives no number for a channel whose scale is there and cannot be read", async () => {
    const folder = await sysfs({ "iio:device0": { ...SCD41 } });
    const scale = path.join(folder, "iio:device0", "in_temp_scale");
    await rm(scale);
    await mkdir(scale); // reading it is EISDIR, in place of EIO
    const sensor = await iio.open(options(folder, "scd41"), sensorContext());
    const said = (await nextMeasurements(sensor)).map(({ quantity }) => quantity);
    await sensor.close();
    expect(said).toEqual(["co2", "humidity"]);
  });

  it("waits for one channel at a time: a chip may take seconds over each", async () => {
    const folder = await sysfs({ "iio:device0": { name: "scd41" } });
    const files = ["in_concentration_co2_raw", "in_temp_raw", "in_humidityrelative_raw"].map((file) =>
      path.join(folder, "iio:device0", file),
    );
    execFileSync("mkfifo", files);
    const sensor = await iio.open(options(folder, "scd41"), sensorContext());
    const coming = sensor.next();
    const unread = new Set(files);
    /** Those that somebody waits for: nobody else can be written to. */
    const awaited = () =>
      [...unread].flatMap((file) => {
        try {
          return [{ file, pipe: openSync(file, constants.O_WRONLY | constants.O_NONBLOCK) }];
        } catch {
          return [];
        }
      });
    const atOnce: number[] = [];
    while (unread.size > 0) {
      const open = await until(() => {
        const pipes = awaited();
        return pipes.length > 0 ? pipes : undefined;
      });
      atOnce.push(open.length);
      for (const { file, pipe } of open) {
        unread.delete(file);
        writeSync(pipe, "812\n");
        closeSync(pipe);
      }
    }
    expect((await coming)?.measurements).toHaveLength(3);
    await sensor.close();
    expect(atOnce).toEqual([1, 1, 1]);
  }, 20_000);

  it("says that a chip is not there, or measures nothing of ours", async () => {
    const folder = await sysfs({ "iio:device0": { name: "ads1015", in_voltage0_raw: "77" } });
    await expect(iio.open(options(folder, "scd30"), sensorContext())).rejects.toMatchObject({
      code: "SENSOR_LOST",
    });
    await expect(iio.open(options(folder, "ads1015"), sensorContext())).rejects.toThrow("measures nothing");
    expect(await listChips(path.join(folder, "nowhere"))).toEqual([]);
  });

  it("makes nothing of a file that cannot be read at this moment, and NaN of one that holds no number", async () => {
    const folder = await sysfs({
      "iio:device0": { ...SCD30, in_temp_input: "busy", in_concentration_co2_raw: "" },
    });
    const sensor = await iio.open(options(folder, "scd30"), sensorContext());
    const measurements = await nextMeasurements(sensor);
    await sensor.close();
    expect(measurements.find(({ quantity }) => quantity === "temperature")!.value).toBeNaN();
    expect(measurements.find(({ quantity }) => quantity === "co2")!.value).toBeNaN();
    expect(measurements.find(({ quantity }) => quantity === "humidity")!.value).toBeCloseTo(44.72);
  });
});
