import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packTar } from "../../gateway/fleet/tar.ts";
import { temporaryFolder } from "../support/places.ts";

describe("an archive made in memory", () => {
  it("is unpacked by the system's tar: names, folders, texts of any length, time and rights", async () => {
    const folder = await temporaryFolder();
    const files = [
      { name: "empty.txt", text: "" },
      { name: "running/block.txt", text: "x".repeat(512) },
      { name: "long.txt", text: "Grüße, 你好\n".repeat(1000) },
    ];
    const archive = path.join(folder, "a.tar.gz");
    await writeFile(archive, packTar(files, Date.UTC(2026, 10, 23, 9, 15)));
    execFileSync("tar", ["-xzf", archive, "-C", folder]);
    for (const { name, text } of files) expect(await readFile(path.join(folder, name), "utf8")).toBe(text);
    const listing = execFileSync("tar", ["--utc", "-tvzf", archive], { encoding: "utf8" });
    expect(listing.match(/-rw------- 0\/0 .* 2026-11-23 09:15 /g)).toHaveLength(3);
  });
});
