import { type FileHandle, open, readdir, truncate } from "node:fs/promises";
import path from "node:path";
import { replaceFile, syncFolder } from "../../folders.ts";
import { decodeRecords, type Entry } from "./record.ts";

/**
 * One file of the log, named after the first sequence in it. A segment is written by one run of the gateway only: the
 * next run begins a new one, so that nothing is ever appended after what a crash may have left.
 */
export interface Segment {
  readonly file: string;
  /** The highest sequence in it; 0 while it is empty. */
  last: number;
  /** Bytes that have been synced and may be read. */
  bytes: number;
  /** Messages in it that have not been acknowledged. */
  remaining: number;
  /** Up to where it has been read. */
  read: number;
}

const NAME = /^\d{16}\.log$/;

/** The names of a folder's segments, oldest first. */
export async function listSegments(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => NAME.test(name)).sort();
}

export function firstSequence(name: string): number {
  return Number(name.slice(0, 16));
}

/**
 * Reads a segment that an earlier run left and makes it clean: a torn tail is cut off, and when something in the middle
 * is damaged, the file is replaced by one with the whole records only. `damaged` are the bytes taken out.
 */
export async function recoverSegment(
  file: string,
  acknowledged: number,
): Promise<{ segment: Segment; damaged: readonly Buffer[]; torn: boolean }> {
  const bytes = await readBytes(file, 0, Number.POSITIVE_INFINITY);
  const { entries, whole, damaged, end } = decodeRecords(bytes);
  const torn = end < bytes.length;
  if (damaged.length > 0) {
    await replaceFile(file, Buffer.concat(whole));
    await syncFolder(path.dirname(file));
  } else if (torn) await truncate(file, end);
  const segment: Segment = {
    file,
    last: entries.reduce((highest, { sequence }) => Math.max(highest, sequence), 0),
    bytes: whole.reduce((sum, part) => sum + part.length, 0),
    remaining: entries.filter(({ sequence }) => sequence > acknowledged).length,
    read: 0,
  };
  return { segment, damaged, torn };
}

/**
 * What has been synced to a segment and not read yet. Damage found here came after the start; it is skipped and told
 * of. So is a file that cannot be read any more, because going on with the next one loses less than standing still.
 */
export async function readOn(
  segment: Segment,
): Promise<{ entries: readonly Entry[]; damaged: readonly Buffer[] }> {
  const { read, bytes: until } = segment;
  segment.read = until;
  const bytes = await readBytes(segment.file, read, until).catch(() => Buffer.alloc(0));
  const { entries, damaged, end } = decodeRecords(bytes);
  return { entries, damaged: read + end < until ? [...damaged, bytes.subarray(end)] : damaged };
}

/** The segment that is being written. */
export interface Writer {
  readonly segment: Segment;
  /** Resolves when the bytes are synced. Rejects with the segment being as it was before. */
  append(bytes: Buffer): Promise<void>;
  close(): Promise<void>;
}

export async function createSegment(folder: string, first: number): Promise<Writer> {
  const file = path.join(folder, `${String(first).padStart(16, "0")}.log`);
  const handle = await open(file, "wx");
  try {
    await syncFolder(folder);
  } catch (error) {
    await handle.close();
    throw error;
  }
  const segment: Segment = { file, last: 0, bytes: 0, remaining: 0, read: 0 };
  return {
    segment,
    async append(bytes) {
      try {
        await writeWhole(handle, bytes, segment.bytes);
        await handle.datasync();
      } catch (error) {
        // On a full disk a first part of the bytes is there. No later start may find it.
        await handle.truncate(segment.bytes).catch(() => {});
        throw error;
      }
      segment.bytes += bytes.length;
    },
    close: () => handle.close(),
  };
}

async function writeWhole(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  // write(2) may take a part without an error; only the next call says why (ENOSPC).
  for (let done = 0; done < bytes.length; ) {
    done += (await handle.write(bytes, done, bytes.length - done, position + done)).bytesWritten;
  }
}

async function readBytes(file: string, from: number, to: number): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const end = Math.min(to, (await handle.stat()).size);
    const bytes = Buffer.alloc(Math.max(0, end - from));
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, from + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  } finally {
    await handle.close();
  }
}
