import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { replaceFile, syncFolder } from "./folders.ts";

/**
 * A teacher's pause, kept on disk: a gateway that falls, or loses power, must not come back looking. `until` is ms since
 * the epoch; null until somebody says otherwise.
 */
export interface Pause {
  readonly until: number | null;
}

const schema = z.strictObject({ until: z.number().nullable() });
const fileIn = (dataFolder: string) => path.join(dataFolder, "paused.json");

/** The pause that held when the gateway ended, unless its time is over. A file that cannot be read is a pause. */
export async function readPause(dataFolder: string, now: number): Promise<Pause | null> {
  const text = await readFile(fileIn(dataFolder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    return "";
  });
  if (text === null) return null;
  const pause = parse(text);
  return pause.until !== null && pause.until <= now ? null : pause;
}

function parse(text: string): Pause {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return { until: null };
  }
}

/** Whole or not at all, and a power cut takes nothing of it back. Null when nothing is paused any more. */
export async function keepPause(dataFolder: string, pause: Pause | null): Promise<void> {
  const file = fileIn(dataFolder);
  if (pause === null) await rm(file, { force: true });
  else await replaceFile(file, JSON.stringify(pause), 0o600);
  await syncFolder(dataFolder);
}
