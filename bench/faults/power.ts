import { mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import path from "node:path";

/**
 * A disk whose cache is never written but when asked: follows every `datasync` and `sync` of this process below a
 * folder, and can put together what would be there after a power cut: of each file the bytes that had been synced, and
 * of each folder the names that had been. A file whose name was not synced is gone, with all that was in it; one whose
 * removal was not synced is back.
 */
export interface Disk {
  /** What a power cut at this moment would leave, written into another folder. */
  restoreInto(folder: string): void;
  stop(): void;
}

export async function watchSyncs(root: string): Promise<Disk> {
  /** By inode, for a file may be renamed after it was synced. */
  const files = new Map<number, Buffer>();
  const names = new Map<string, ReadonlyMap<string, { inode: number; isFolder: boolean }>>();
  const probe = await open(root, "r");
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  const original = { sync: prototype.sync, datasync: prototype.datasync };

  function follow(sync: () => Promise<void>) {
    return async function (this: FileHandle): Promise<void> {
      // What lies in the file before the call is safe after it; what is written meanwhile may not be.
      const file = readlinkSync(`/proc/self/fd/${this.fd}`);
      const inside = file === root || file.startsWith(`${root}${path.sep}`);
      const folder = inside && statSync(file).isDirectory();
      const listing = folder ? list(file) : new Map();
      const bytes = inside && !folder ? readFileSync(file) : null;
      await sync.call(this);
      if (folder) names.set(file, listing);
      else if (bytes) files.set((await this.stat()).ino, bytes);
    };
  }
  prototype.sync = follow(original.sync);
  prototype.datasync = follow(original.datasync);

  function restore(from: string, to: string): void {
    for (const [name, { inode, isFolder }] of names.get(from) ?? []) {
      if (!isFolder) writeFileSync(path.join(to, name), files.get(inode) ?? "");
      else {
        mkdirSync(path.join(to, name), { recursive: true });
        restore(path.join(from, name), path.join(to, name));
      }
    }
  }

  return {
    restoreInto: (folder) => restore(root, folder),
    stop: () => void Object.assign(prototype, original),
  };
}

function list(folder: string) {
  const entries = readdirSync(folder).map((name) => {
    const found = statSync(path.join(folder, name), { throwIfNoEntry: false });
    return [name, { inode: found?.ino ?? 0, isFolder: found?.isDirectory() === true }] as const;
  });
  return new Map(entries);
}
