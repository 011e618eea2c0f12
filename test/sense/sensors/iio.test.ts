import { mkdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { iio, listChips } from "../../../gateway/sense/sensors/iio.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";
import { temporaryFolder } from "../../support/places.ts";

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

/** As the kernel's driver scd30 shows it: concentration in percent once scaled, temperature and humidity in thousandths. */
const SCD30 = {
  name: "scd30",
  in_concentration_co2_raw: "812",
  in_concentration_co2_scale: "0.000100",
  in_temp_raw: "2150",
  in_temp_scale: "10",
  in_humidityrelative_raw: "4472",
  in_humidityrelative_scale: "10",
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
      "iio:device0": { ...SCD30, in_temp_raw: "busy", in_concentration_co2_raw: "" },
    });
    const sensor = await iio.open(options(folder, "scd30"), sensorContext());
    const measurements = await nextMeasurements(sensor);
    await sensor.close();
    expect(measurements.find(({ quantity }) => quantity === "temperature")!.value).toBeNaN();
    expect(measurements.find(({ quantity }) => quantity === "co2")!.value).toBeNaN();
    expect(measurements.find(({ quantity }) => quantity === "humidity")!.value).toBeCloseTo(44.72);
  });
});
