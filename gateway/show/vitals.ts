import { readdir, readFile, statfs } from "node:fs/promises";
import path from "node:path";

/** How the machine itself does. */
export interface Vitals {
  /** Megabytes that the gateway may still write; null when the folder is not there. */
  readonly diskFreeMb: number | null;
  /** Degrees Celsius of the hottest zone; null where the machine has no sensor. */
  readonly temperatureC: number | null;
}

/** Reads free space under `dataFolder` and the temperature. Never throws: what cannot be read is null. */
export async function readVitals(dataFolder: string, thermal = "/sys/class/thermal"): Promise<Vitals> {
  const [diskFreeMb, temperatureC] = await Promise.all([diskFree(dataFolder), hottest(thermal)]);
  return { diskFreeMb, temperatureC };
}

async function diskFree(folder: string): Promise<number | null> {
  try {
    // bavail, not bfree: the blocks kept back for root are no use to the gateway's user.
    const { bavail, bsize } = await statfs(folder);
    return Math.round((bavail * bsize) / 1e6);
  } catch {
    return null;
  }
}

async function hottest(thermal: string): Promise<number | null> {
  const zones = (await readdir(thermal).catch(() => [])).filter((name) => name.startsWith("thermal_zone"));
  const readings = await Promise.all(
    // A zone that is switched off answers with an error: leave it out.
    zones.map((zone) => readFile(path.join(thermal, zone, "temp"), "utf8").catch(() => "")),
  );
  const degrees = readings
    // Millidegrees. https://docs.kernel.org/driver-api/thermal/sysfs-api.html
    .map((text) => Number.parseInt(text, 10) / 1000)
    .filter((value) => value > -50 && value < 200);
  return degrees.length === 0 ? null : Math.max(...degrees);
}
