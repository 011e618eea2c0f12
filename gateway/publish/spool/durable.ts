import { open, rename } from "node:fs/promises";
import path from "node:path";
import { failure, type GatewayError, reason } from "../../errors.ts";
import { syncFolder } from "../../folders.ts";

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
