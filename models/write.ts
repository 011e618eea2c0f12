import { rename, rm, writeFile } from "node:fs/promises";

/** A file is either there whole or not at all: written beside its place, then renamed into it. */
export async function writeWhole(file: string, bytes: Uint8Array | string): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, bytes, { flush: true });
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
