import type { FileHandle } from "node:fs/promises";
import { open, readdir, readFile, stat, truncate, unlink } from "node:fs/promises";
import path from "node:path";
import { failure } from "../errors.ts";
import { makeFolder, syncFolder } from "../folders.ts";

/**
 * The journal's bytes: one long row of lines in files named by the position of their first byte. A position is a count
 * of bytes since the journal began; it only grows.
 */
export interface Segments {
  /** The oldest position still there. */
  readonly start: number;
  /** The position after the last byte that is safe. */
  readonly end: number;
  /** Resolves when the bytes are on disk; when it rejects, none of them is. Calls must not overlap. */
  append(bytes: Buffer): Promise<void>;
  /** Up to `most` bytes from `position` on, or from the oldest one there, where that has been given up. */
  read(position: number, most: number): Promise<{ at: number; bytes: Buffer }>;
  /** Removes the files that end before this position, but never the last one. */
  forget(position: number): Promise<void>;
  close(): Promise<void>;
}

export interface SegmentsOptions {
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

const NEWLINE = 0x0a;
const endOf = ({ start, size }: Segment) => start + size;

export async function openSegments(options: SegmentsOptions): Promise<Segments> {
  const { folder, segmentBytes, capacityBytes, onOverflow } = options;
  await makeFolder(folder);
  const segments = await findSegments(folder);
  let active: { segment: Segment; handle: FileHandle } | null = null;
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

  async function dropOverflow() {
    while (segments.length > 1 && end() - segments[0]!.start > capacityBytes) {
      const oldest = segments.shift()!;
      const records = countLines(await readFile(oldest.file).catch(() => Buffer.alloc(0)));
      await unlink(oldest.file).catch(() => {});
      onOverflow({ records, end: endOf(oldest) });
    }
  }

  return {
    get start() {
      return segments[0]?.start ?? 0;
    },
    get end() {
      return end();
    },
    async append(bytes) {
      if (active && active.segment.size >= segmentBytes) {
        await active.handle.close();
        active = null;
      }
      const { segment, handle } = active ?? (await startSegment());
      try {
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
        await handle.datasync();
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
      segment.size += bytes.length;
      await dropOverflow();
    },
    async read(position, most) {
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
    },
    async forget(position) {
      while (segments.length > 1 && endOf(segments[0]!) <= position) {
        const { file } = segments.shift()!;
        await unlink(file).catch(() => {});
      }
    },
    async close() {
      await active?.handle.close();
      active = null;
    },
  };
}

export function countLines(bytes: Buffer): number {
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
