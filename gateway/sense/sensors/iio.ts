import { readdir, readFile, realpath } from "node:fs/promises";
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

/** Chips whose `co2` is guessed from volatile compounds (eCO2), as their drivers in drivers/iio/chemical have it. */
const GUESSES_CO2 = /^(ams-iaq-core|ccs811|ens160|sgp30|vz89(x|te))$/;

export const IIO_FOLDER = "/sys/bus/iio/devices";

/** A chip on the machine's own bus (I²C, SPI) that Linux has a driver for: Industrial I/O. */
export const iio = sensorDriver({
  options: z.strictObject({
    driver: z.literal("iio"),
    device: z
      .string()
      .regex(/^[\w:.-]+$/)
      .describe(
        "The chip's name as in its `name` file (`scd30`); its place on the bus (`1-0061`), where there are two of the name; or its folder (`iio:device0`), which may be another after a restart.",
      ),
    folder: z.string().default(IIO_FOLDER).describe("Where Linux shows such chips."),
    everySeconds: z.number().min(0.2).max(3_600).default(10).describe("How often it is read."),
  }),
  async open({ device, folder, everySeconds }, { name, clock }) {
    const lost = (problem: string) => failure("SENSOR_LOST", { sensor: name, problem });
    const chips = (await listChips(folder)).filter((chip) => [chip.name, chip.at, chip.id].includes(device));
    const [chip] = chips;
    if (!chip) throw lost(`there is no ${device} in ${folder}`);
    // Which of them comes first may change with every start of the machine.
    if (chips.length > 1)
      throw lost(
        `there are ${chips.length} of ${device}: ${chips.map(({ at }) => at).join(", ")}; name the place`,
      );
    if (chip.channels.length === 0) throw lost(`${device} measures nothing that is known here`);
    return poll(
      {
        everySeconds,
        close: async () => {},
        async read() {
          const measurements: Measurement[] = [];
          // In turn: a chip's driver may take five seconds over each, which holds one of Node's few threads for files.
          for (const channel of chip.channels) {
            const measurement = await readChannel(chip.place, channel);
            if (measurement) measurements.push(measurement);
          }
          if (measurements.length > 0) return { measurements };
          throw lost(`${device} cannot be read any more`);
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
  /** Where it hangs, as long as nobody moves it: `1-0061` is address 0x61 on bus 1. */
  readonly at: string;
  /** Its folder. */
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
        const said = await read(place, "name");
        const name = typeof said === "string" ? said : id;
        const at = path.basename(path.dirname(await realpath(place).catch(() => place)));
        const there = Object.keys(CHANNELS)
          .filter((channel) => files.includes(`${channel}_input`) || files.includes(`${channel}_raw`))
          .filter((channel) => channel !== "in_concentration_co2" || !GUESSES_CO2.test(name));
        // Of two that measure the same (`in_temp`, `in_temp_ambient`), the first.
        const channels = [
          ...new Map(there.toReversed().map((channel) => [CHANNELS[channel]!.quantity, channel])).values(),
        ].toReversed();
        return { id, place, name, at, channels };
      }),
  );
}

const namesIn = (folder: string): Promise<readonly string[]> => readdir(folder).catch(() => []);

/** `_input` is the value itself; `_raw` needs `(raw + offset) × scale`. Null when it cannot be read at this moment. */
async function readChannel(place: string, channel: string): Promise<Measurement | null> {
  const { quantity, unit } = CHANNELS[channel]!;
  // SCD30 and others answer EBUSY or EIO now and then; one quiet moment is no reason to give up the rest.
  const input = await number(place, `${channel}_input`);
  if (input !== null) return inKnownUnit({ quantity, unit, value: input });
  const raw = await number(place, `${channel}_raw`);
  const offset = await number(place, `${channel}_offset`, 0);
  const scale = await number(place, `${channel}_scale`, 1);
  if (raw === null || offset === null || scale === null) return null;
  return inKnownUnit({ quantity, unit, value: (raw + offset) * scale });
}

/** UCUM has no milli percent. */
const inKnownUnit = (one: Measurement): Measurement =>
  one.unit === "m%" ? { ...one, unit: "%", value: one.value / 1000 } : one;

/** What stands in that file; `instead` where there is none; null where it cannot be read at this moment. */
async function number(place: string, file: string, instead: number | null = null): Promise<number | null> {
  const text = await read(place, file);
  return text === undefined ? instead : numberOf(text);
}

/** Undefined where there is no such file, null where it cannot be read. */
async function read(place: string, file: string): Promise<string | null | undefined> {
  try {
    return (await readFile(path.join(place, file), "utf8")).trim();
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? undefined : null;
  }
}
