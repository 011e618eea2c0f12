import { mkdir, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Entry } from "./record.ts";

/** Enough to find out what happened, and no second way of filling the disk. */
const MOST_FILES = 100;

/** Keeps damaged bytes for whoever wants to know, as long as there is place; delivering goes on either way. */
export async function quarantine(folder: string, from: string, pieces: readonly Buffer[]): Promise<void> {
  const place = path.join(folder, "quarantine");
  try {
    await mkdir(place, { recursive: true });
    const there = (await readdir(place)).length;
    const origin = `${path.basename(path.dirname(from))}-${path.basename(from, ".log")}`;
    for (const [i, piece] of pieces.slice(0, Math.max(0, MOST_FILES - there)).entries()) {
      await writeFile(path.join(place, `${origin}-${there + i}.bin`), piece);
    }
  } catch {
    // A disk that damages files may well refuse new ones. The damage has been counted and logged.
  }
}

/** Keeps a message that the broker will not have, under the same bound. */
export async function setAside(folder: string, { sequence, message }: Entry): Promise<void> {
  await quarantine(folder, path.join("refused", `${sequence}.log`), [Buffer.from(JSON.stringify(message))]);
}
