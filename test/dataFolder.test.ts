import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lockDataFolder } from "../gateway/dataFolder.ts";
import { temporaryFolder } from "./support/places.ts";
import { launch } from "./support/programs.ts";

describe("the lock on the data folder", () => {
  it("makes the folder for its own user only, and leaves nothing behind", async () => {
    const folder = path.join(await temporaryFolder(), "state");
    const lock = await lockDataFolder(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toEqual(["gateway.lock"]);
    await lock.release();
    expect(await readdir(folder)).toEqual([]);
  });

  it("keeps a second gateway out while the first lives, and names its process", async () => {
    const folder = await temporaryFolder();
    const other = launch("sleep", ["60"]);
    const lock = await lockDataFolder(folder);
    const held = (await readFile(path.join(folder, "gateway.lock"), "utf8")).split(" ");
    await lock.release();
    // As if that other process had taken it: its own number and birth.
    const stats = await readFile(`/proc/${other.pid}/stat`, "utf8");
    const birth = stats.slice(stats.lastIndexOf(")") + 2).split(" ")[19];
    expect(held).toHaveLength(2);
    await writeFile(path.join(folder, "gateway.lock"), `${other.pid} ${birth}`);
    await expect(lockDataFolder(folder)).rejects.toMatchObject({
      code: "DATA_FOLDER_IN_USE",
      message: expect.stringContaining(String(other.pid)),
    });
  });

  it("takes over what a power cut left, even when the number now belongs to another process", async () => {
    const folder = await temporaryFolder();
    for (const left of ["999999999 12345", `${process.ppid} 1`, "", "rubbish"]) {
      await writeFile(path.join(folder, "gateway.lock"), left);
      await (await lockDataFolder(folder)).release();
    }
  });

  it("says so when the folder cannot be written to", async () => {
    const place = await temporaryFolder();
    await writeFile(path.join(place, "file"), "");
    await expect(lockDataFolder(path.join(place, "file", "state"))).rejects.toMatchObject({
      code: "DATA_FOLDER_UNWRITABLE",
    });
    await mkdir(path.join(place, "fine"));
    await (await lockDataFolder(path.join(place, "fine"))).release();
  });
});
