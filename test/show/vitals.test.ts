import { mkdir, statfs, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { readVitals } from "../../gateway/show/vitals.ts";
import { temporaryFolder } from "../support/places.ts";

describe("vitals", () => {
  it("tells the free space of the disk the data is on", async () => {
    const folder = await temporaryFolder();
    const { bavail, bsize } = await statfs(folder);
    const { diskFreeMb } = await readVitals(folder);
    // Others write to the same disk meanwhile.
    expect(Math.abs(diskFreeMb! - (bavail * bsize) / 1e6)).toBeLessThan(500);
  });

  it("takes the hottest zone, and leaves out one that is broken or absurd", async () => {
    const thermal = await temporaryFolder();
    const zones = {
      thermal_zone0: "41500\n",
      thermal_zone1: "56250\n",
      thermal_zone2: "",
      thermal_zone3: "999000\n",
    };
    for (const [zone, text] of Object.entries(zones)) {
      await mkdir(path.join(thermal, zone));
      await writeFile(path.join(thermal, zone, "temp"), text);
    }
    await mkdir(path.join(thermal, "cooling_device0"));
    await mkdir(path.join(thermal, "thermal_zone4"));
    expect((await readVitals(thermal, thermal)).temperatureC).toBe(56.25);
  });

  it("says null where there is nothing to read", async () => {
    expect(await readVitals("/nowhere", "/nowhere")).toEqual({ diskFreeMb: null, temperatureC: null });
  });
});
