import { readFile } from "node:fs/promises";
import { replaceFile } from "../folders.ts";

/**
 * Where one sink stands in the journal: all before `live` has been written, but for what lies in `backlog`, which had
 * to wait while the sink was away. What is live goes first.
 */
export interface Cursor {
  readonly live: number;
  readonly backlog: { readonly from: number; readonly to: number } | null;
}

/** The stored cursor, or null when there is none to rely on; the sink then gets everything there is once more. */
export async function loadCursor(file: string): Promise<Cursor | null> {
  try {
    const { live, backlog } = JSON.parse(await readFile(file, "utf8")) as Cursor;
    if (!Number.isSafeInteger(live) || live < 0) return null;
    if (backlog === null) return { live, backlog };
    if (!Number.isSafeInteger(backlog.from) || !Number.isSafeInteger(backlog.to)) return null;
    return { live, backlog: { from: backlog.from, to: backlog.to } };
  } catch {
    return null;
  }
}

export const saveCursor = (file: string, cursor: Cursor): Promise<void> =>
  replaceFile(file, JSON.stringify(cursor));
