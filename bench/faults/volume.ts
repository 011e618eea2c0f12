import { execFileSync } from "node:child_process";
import { accessSync } from "node:fs";
import { open, writeFile } from "node:fs/promises";
import path from "node:path";
import { findProgram } from "../../test/support/programs.ts";
import type { Place } from "./place.ts";

/** A small ext4 volume of its own, whose file system can be made to find an error and turn read-only, as a dying card's does. */
export interface Volume {
  readonly folder: string;
  /** From now on it takes nothing, from nobody, files that are open included. */
  fail(): Promise<void>;
  /** As an administrator does it: unmount, fsck, mount. */
  mend(): void;
}

/** Null when it can be had; otherwise why not: loop devices are root's, and containers rarely have them. */
export function noVolume(): string | null {
  if (!findProgram("mkfs.ext4")) return "mkfs.ext4 is not installed";
  try {
    accessSync("/dev/loop-control");
    accessSync("/sys/fs/ext4");
    return null;
  } catch {
    return "no loop devices or no ext4 here";
  }
}

export async function openVolume(place: Place): Promise<Volume> {
  const image = path.join(place.folder, "volume.img");
  const folder = await place.subfolder("volume");
  const handle = await open(image, "w");
  await handle.truncate(32 * 1024 * 1024);
  await handle.close();
  execFileSync("mkfs.ext4", ["-q", image]);
  const mount = () => execFileSync("mount", ["-o", "loop,errors=remount-ro", image, folder]);
  mount();
  place.onEnd(() => execFileSync("umount", ["-l", folder], { stdio: "ignore" }));
  return {
    folder,
    async fail() {
      const device = execFileSync("findmnt", ["-n", "-o", "SOURCE", folder], { encoding: "utf8" }).trim();
      // https://docs.kernel.org/admin-guide/abi-testing.html: /sys/fs/ext4/<disk>/trigger_fs_error
      await writeFile(`/sys/fs/ext4/${path.basename(device)}/trigger_fs_error`, "1");
    },
    mend() {
      execFileSync("umount", [folder]);
      try {
        execFileSync("e2fsck", ["-y", "-f", image], { stdio: "ignore" });
      } catch {
        // 1 says that it found something and mended it.
      }
      mount();
    },
  };
}
