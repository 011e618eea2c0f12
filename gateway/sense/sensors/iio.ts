import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { failure } from "../../errors.ts";
import { numberOf } from "../numbers.ts";
import { poll } from "../poll.ts";
import { type Measurement, sensorDriver } from "../sensor.ts";

/**
 * Channels and the units in which Linux has them once offset and scale are in:
 * https://www.kernel.org/doc/Documentation/ABI/testing/sysfs-bus-iio
 */
const CHANNELS: Readonly<Record<string, Omit<Measurement, "value">>> = {
  in_concentration_co2: { quantity: "co2", unit: "%" },
  in_temp: { quantity: "temperature", unit: "mCel" },
  in_temp_ambient: { quantity: "temperature", unit: "mCel" },
  in_humidityrelative: { quantity: "humidity", unit: "m%" },
  in_pressure: { quantity: "pressure", unit: "kPa" },
  in_illuminance: { quantity: "light", unit: "lx" },
  in_massconcentration_pm1: { quantity: "pm1", unit: "ug/m3" },
  in_massconcentration_pm2p5: { quantity: "pm25", unit: "ug/m3" },
  in_massconcentration_pm10: { quantity: "pm10", unit: "ug/m3" },
};

export const IIO_FOLDER = "/sys/bus/iio/devices";

/** A chip on the machine's own bus (I²C, SPI) that Linux has a driver for: Industrial I/O. */
export const iio = sensorDriver({
  options: z.strictObject({
    driver: z.literal("iio"),
    device: z
      .string()
      .regex(/^[\w:.-]+$/)
      .describe("The chip's name as in its `name` file (`scd30`), or its folder (`iio:device0`)."),
    folder: z.string().default(IIO_FOLDER).describe("Where Linux shows such chips."),
    everySeconds: z.number().min(0.2).max(3_600).default(10).describe("How often it is read."),
  }),
  async open({ device, folder, everySeconds }, { name, clock }) {
    const chip = (await listChips(folder)).find((one) => one.name === device || one.id === device);
    if (!chip) throw failure("SENSOR_LOST", { sensor: name, problem: `there is no ${device} in ${folder}` });
    if (chip.channels.length === 0)
      throw failure("SENSOR_LOST", {
        sensor: name,
        problem: `${device} measures nothing that is known here`,
      });
    return poll(
      {
        everySeconds,
        close: async () => {},
        async read() {
          const readings = await Promise.all(
            chip.channels.map((channel) => readChannel(chip.place, channel)),
          );
          const measurements = readings.flatMap((reading) => reading ?? []);
          if (measurements.length > 0) return { measurements };
          throw failure("SENSOR_LOST", { sensor: name, problem: `${device} cannot be read any more` });
        },
      },
      clock,
    );
  },
});

/** A chip and what it measures. */
export interface Chip {
  readonly id: string;
  readonly name: string;
  readonly place: string;
  /** `in_temp`, `in_concentration_co2`, … */
  readonly channels: readonly string[];
}

/** The chips that Linux shows in that folder; none where there is no such folder. */
export async function listChips(folder: string): Promise<Chip[]> {
  const ids = await namesIn(folder);
  return Promise.all(
    ids
      .filter((id) => id.startsWith("iio:device"))
      .sort()
      .map(async (id) => {
        const place = path.join(folder, id);
        const files = await namesIn(place);
        const there = Object.keys(CHANNELS).filter(
          (channel) => files.includes(`${channel}_input`) || files.includes(`${channel}_raw`),
        );
        // Of two that measure the same (`in_temp`, `in_temp_ambient`), the first.
        const channels = [
          ...new Map(there.toReversed().map((channel) => [CHANNELS[channel]!.quantity, channel])).values(),
        ].toReversed();
        return { id, place, name: (await read(place, "name")) ?? id, channels };
      }),
  );
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** `_input` is the value itself; `_raw` needs `(raw + offset) × scale`. Null when it cannot be read at this moment. */
async function readChannel(place: string, channel: string): Promise<Measurement | null> {
  const { quantity, unit } = CHANNELS[channel]!;
  // SCD30 and others answer EBUSY or EIO now and then; one quiet moment is no reason to give up the rest.
  const [input, raw] = await Promise.all([
    number(place, `${channel}_input`),
    number(place, `${channel}_raw`),
  ]);
  if (input !== null) return inKnownUnit({ quantity, unit, value: input });
  if (raw === null) return null;
  const offset = (await number(place, `${channel}_offset`)) ?? 0;
  const scale = (await number(place, `${channel}_scale`)) ?? 1;
  return inKnownUnit({ quantity, unit, value: (raw + offset) * scale });
}

/** UCUM has no milli percent. */
const inKnownUnit = (one: Measurement): Measurement =>
  one.unit === "m%" ? { ...one, unit: "%", value: one.value / 1000 } : one;

const number = async (place: string, file: string) => numberOf(await read(place, file));

async function read(place: string, file: string): Promise<string | null> {
  try {
    return (await readFile(path.join(place, file), "utf8")).trim();
  } catch {
    return null;
  }
}
