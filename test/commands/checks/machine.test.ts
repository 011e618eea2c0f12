import { execFileSync, spawnSync } from "node:child_process";
import { mkdir, rm } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkClock, checkDisk } from "../../../gateway/commands/checks/machine.ts";
import { loadConfig } from "../../../gateway/config.ts";
import { temporaryFolder } from "../../support/places.ts";
import { standIn } from "../../support/standIn.ts";

const demo = await loadConfig(undefined);
const mayMount = () =>
  process.getuid?.() === 0 &&
  spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]).status === 0;

describe("the disk", () => {
  it.skipIf(!mayMount()).each([
    ["size=2g,nr_inodes=100k", "ok", undefined],
    ["size=100m,nr_inodes=100k", "warning", "Free some space"],
    ["size=2g,nr_inodes=500", "warning", "too many small files"],
  ])("of %s is: %s (skipped unless root, with mounts)", async (options, result, advice) => {
    const dataFolder = path.join(await temporaryFolder(), "disk");
    await mkdir(dataFolder);
    execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", dataFolder]);
    onTestFinished(() => void execFileSync("umount", [dataFolder]));
    const finding = await checkDisk({ ...demo, dataFolder });
    expect(finding).toMatchObject({ result, says: expect.stringMatching(/^\d+ MB free, \d+ inodes$/) });
    if (advice) expect(finding.advice).toContain(advice);
  });

  it("that is not there is said to be away", async () => {
    const dataFolder = path.join(await temporaryFolder(), "gone");
    await rm(dataFolder, { recursive: true, force: true });
    expect(await checkDisk({ ...demo, dataFolder })).toMatchObject({ result: "warning" });
  });
});

it.each([
  ["yes", "ok"],
  ["no", "warning"],
])(
  "the clock is synchronised: %s, says the kernel: %s (with a timedatectl that stands in)",
  async (said, result) => {
    await standIn("timedatectl", `echo Timezone=Etc/UTC; echo NTPSynchronized=${said}`);
    expect(await checkClock()).toMatchObject({ check: "clock", result });
  },
);
