import { open, rename } from "node:fs/promises";
import path from "node:path";

/** Makes the names in a folder survive a power cut: files created, renamed or removed in it. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Puts `bytes` where `file` is, so that after a power cut there is either the old content or the new, whole. */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(`${file}.new`, "w");
  try {
    await handle.writeFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(`${file}.new`, file);
  await syncFolder(path.dirname(file));
}
