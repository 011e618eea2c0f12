import { open, rename } from "node:fs/promises";
import path from "node:path";
import { failure, type GatewayError, reason } from "../../errors.ts";

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

/** Says who mends it: DISK_FULL, or SPOOL_UNWRITABLE for everything else. */
export function writeProblem(folder: string, error: unknown): GatewayError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "ENOSPC" || code === "EDQUOT") return failure("DISK_FULL", { folder }, error);
  return failure("SPOOL_UNWRITABLE", { folder, problem: reason(error) }, error);
}
