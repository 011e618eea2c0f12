import type { FileHandle } from "node:fs/promises";
import { open, readdir, readFile, stat, truncate, unlink } from "node:fs/promises";
import path from "node:path";
import { crc32 } from "node:zlib";
import { failure } from "../errors.ts";
import { makeFolder, syncFolder } from "../folders.ts";

/**
 * Points on disk, in the order they came: lines of text with a checksum, in segments named by the position of their
 * first byte. A position is a count of bytes since the journal began; it only grows. Who reads keeps its own.
 */
export interface Journal {
  /** The oldest position still there. */
  readonly start: number;
  /** The position after the last record that is safe. */
  readonly end: number;
  /** Lines that were damaged on disk and skipped. */
  readonly damaged: number;
  /** Resolves when the record is on disk; those that come while a sync is under way share the next one. */
  append(record: string): Promise<void>;
  /** Up to `maximum` records from `position` on, and where to read next. */
  read(position: number, maximum: number): Promise<{ records: string[]; next: number }>;
  /** How many records lie between two positions. */
  count(from: number, to: number): Promise<number>;
  /** Nobody needs what lies before `position` any more. */
  forget(position: number): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  /** Beyond this the oldest segment goes, read or not. */
  readonly capacityBytes: number;
  /** Told how many records went that way, and where they ended. */
  readonly onOverflow: (dropped: { records: number; end: number }) => void;
}

interface Segment {
  readonly file: string;
  readonly start: number;
  size: number;
}

const READ_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { folder, segmentBytes, capacityBytes, onOverflow } = options;
  await makeFolder(folder);
  const segments = await findSegments(folder);
  let active: { segment: Segment; handle: FileHandle } | null = null;
  let waiting: { line: string; resolve: () => void; reject: (error: unknown) => void }[] = [];
  let syncing: Promise<void> | null = null;
  let damaged = 0;
  let closed = false;

  const endOf = (segment: Segment) => segment.start + segment.size;
  const end = () => (segments.length === 0 ? 0 : endOf(segments.at(-1)!));

  async function startSegment() {
    const start = end();
    const file = path.join(folder, `${String(start).padStart(16, "0")}.jsonl`);
    const handle = await open(file, "a");
    await syncFolder(folder);
    const segment = { file, start, size: 0 };
    // A last segment that stayed empty has the same name.
    if (segments.at(-1)?.start === start) segments.pop();
    segments.push(segment);
    active = { segment, handle };
    return active;
  }

  async function appendTogether(lines: readonly string[]): Promise<void> {
    if (active && active.segment.size >= segmentBytes) {
      await active.handle.close();
      active = null;
    }
    const { segment, handle } = active ?? (await startSegment());
    const bytes = Buffer.from(lines.join(""));
    try {
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      await handle.datasync();
      segment.size += bytes.length;
    } catch (error) {
      // A full disk takes part of a write, and after a failed sync nobody knows what is on disk: cut back, and go on
      // in a new file. Nothing of this was said to be safe.
      active = null;
      await handle.close().catch(() => {});
      await truncate(segment.file, segment.size).catch(() => {});
      throw (error as NodeJS.ErrnoException).code === "ENOSPC"
        ? failure("DISK_FULL", { folder }, error)
        : error;
    }
    await dropOverflow();
  }

  async function dropOverflow() {
    while (segments.length > 1 && end() - segments[0]!.start > capacityBytes) {
      const oldest = segments.shift()!;
      const records = countLines(await readFile(oldest.file).catch(() => Buffer.alloc(0)));
      await unlink(oldest.file).catch(() => {});
      onOverflow({ records, end: endOf(oldest) });
    }
  }

  /** Group commit: whatever came while the last sync was under way goes to disk with one write and one sync. */
  async function syncWaiting() {
    while (waiting.length > 0) {
      const group = waiting;
      waiting = [];
      try {
        await appendTogether(group.map(({ line }) => line));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    syncing = null;
  }

  async function bytesFrom(position: number, most: number): Promise<{ at: number; bytes: Buffer }> {
    const segment = segments.find((each) => endOf(each) > position);
    if (!segment) return { at: end(), bytes: Buffer.alloc(0) };
    const at = Math.max(position, segment.start);
    const bytes = Buffer.alloc(Math.min(most, endOf(segment) - at));
    const handle = await open(segment.file, "r");
    try {
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, at - segment.start);
      // Shorter than it was: somebody cut the file. What is gone is skipped.
      return bytesRead === 0
        ? { at: endOf(segment), bytes: Buffer.alloc(0) }
        : { at, bytes: bytes.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  }

  return {
    get start() {
      return segments[0]?.start ?? 0;
    },
    get end() {
      return end();
    },
    get damaged() {
      return damaged;
    },
    append(record) {
      if (closed) return Promise.reject(new Error("the journal is closed"));
      return new Promise((resolve, reject) => {
        waiting.push({ line: `${checksum(record)} ${record}\n`, resolve, reject });
        syncing ??= syncWaiting();
      });
    },
    async read(position, maximum) {
      const records: string[] = [];
      const { at, bytes } = await bytesFrom(position, READ_BYTES);
      let next = at;
      for (let from = 0; records.length < maximum; ) {
        const newline = bytes.indexOf(NEWLINE, from);
        if (newline < 0) {
          // A piece without a line's end that long is no record.
          if (from === 0 && bytes.length > 0) {
            damaged += 1;
            next = at + bytes.length;
          }
          break;
        }
        const line = bytes.toString("utf8", from, newline);
        const record = line.slice(9);
        if (line[8] === " " && line.slice(0, 8) === checksum(record)) records.push(record);
        else damaged += 1;
        from = newline + 1;
        next = at + from;
      }
      return { records, next };
    },
    async count(from, to) {
      let records = 0;
      for (let position = from; position < to; ) {
        const { at, bytes } = await bytesFrom(position, READ_BYTES);
        if (at >= to) break;
        records += countLines(bytes.subarray(0, to - at));
        position = at + bytes.length;
      }
      return records;
    },
    async forget(position) {
      while (segments.length > 1 && endOf(segments[0]!) <= position) {
        const { file } = segments.shift()!;
        await unlink(file).catch(() => {});
      }
    },
    async close() {
      closed = true;
      await syncing;
      await active?.handle.close();
      active = null;
    },
  };
}

const checksum = (record: string) => crc32(record).toString(16).padStart(8, "0");

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

/** What an earlier run left. The last file may end in the middle of a record whose writing was cut short: it goes. */
async function findSegments(folder: string): Promise<Segment[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{16}\.jsonl$/.test(name)).sort();
  const segments: Segment[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    let { size } = await stat(file);
    if (name === names.at(-1)) {
      const whole = (await readFile(file)).lastIndexOf(NEWLINE) + 1;
      if (whole < size) await truncate(file, whole);
      size = whole;
    }
    segments.push({ file, start: Number.parseInt(name, 10), size });
  }
  return segments;
}
