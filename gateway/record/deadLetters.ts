import { open, rename, stat } from "node:fs/promises";
import type { Clock } from "../terms.ts";
import type { Refused } from "./sink.ts";

/** What a database will never take, kept with its reason for somebody to look at. */
export interface DeadLetters {
  /** Resolves when they are on disk. */
  add(sink: string, refused: readonly Refused[]): Promise<void>;
}

/** At this size the file is put aside as `….1`, in place of the one before: bounded, and the newest are there. */
const MAXIMUM_BYTES = 8 * 1024 * 1024;

export function deadLetters(file: string, clock: Clock): DeadLetters {
  let last: Promise<unknown> = Promise.resolve();

  async function add(sink: string, refused: readonly Refused[]): Promise<void> {
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    if (size > MAXIMUM_BYTES) await rename(file, `${file}.1`);
    const when = new Date(clock.now()).toISOString();
    const lines = refused.map(({ point, why }) => `${JSON.stringify({ when, sink, why, point })}\n`);
    const handle = await open(file, "a", 0o600);
    try {
      await handle.writeFile(lines.join(""));
      await handle.datasync();
    } finally {
      await handle.close();
    }
  }

  return {
    add(sink, refused) {
      const added = last.then(() => add(sink, refused));
      last = added.catch(() => {});
      return added;
    },
  };
}
