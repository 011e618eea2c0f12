import { mkdir, open, rename } from "node:fs/promises";
import path from "node:path";

/**
 * Puts `content` where `file` is. Whoever reads, after a power cut too, finds either what was there or all of the new: it is
 * written beside it, synced and renamed. Which of the two a power cut leaves is settled by `syncFolder`.
 * @param mode given whatever the umask; the umask decides when left out.
 */
export async function replaceFile(file: string, content: string | Uint8Array, mode?: number): Promise<void> {
  const beside = `${file}.new`;
  const handle = await open(beside, "w", mode);
  try {
    if (mode !== undefined) await handle.chmod(mode);
    await handle.writeFile(content);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
}

/** Makes the names in a folder survive a power cut: files created, renamed or removed in it. */
export const syncFolder = (folder: string): Promise<void> => sync(folder);

/** Makes what somebody else has written into a file survive a power cut. */
export const syncFile = (file: string): Promise<void> => sync(file);

async function sync(file: string): Promise<void> {
  const handle = await open(file, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder, those above it too, and makes their names survive a power cut; what is there already is left alone. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = path.resolve(folder); ; made = path.dirname(made)) {
    await syncFolder(path.dirname(made));
    if (made === path.resolve(first)) return;
  }
}
