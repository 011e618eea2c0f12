import { crc32 } from "node:zlib";
import type { Clock } from "../terms.ts";
import { openRecent } from "./recent.ts";
import { countLines, openSegments, type SegmentsOptions } from "./segments.ts";

/**
 * Records on disk, in the order they came: lines of JSON with a checksum. Who reads keeps its own position; see
 * `segments.ts` for what one is.
 */
export interface Journal<T> {
  /** The oldest position still there. */
  readonly start: number;
  /** The position after the last record that is safe. */
  readonly end: number;
  /** Lines that were damaged on disk and skipped. */
  readonly damaged: number;
  /**
   * Resolves when the record is on disk, however long that takes: a disk that is full or broken is tried again each
   * second. Records that come while a sync is under way share the next one, and one promise. Rejects once closed.
   */
  append(value: T): Promise<void>;
  /** The records from `position` on, but before `until`, `maximum` at most; and where to read next. */
  read(position: number, until: number, maximum: number): Promise<{ values: T[]; next: number }>;
  /** How many records lie between two positions. */
  count(from: number, to: number): Promise<number>;
  /** Nobody needs what lies before `position` any more. */
  forget(position: number): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions extends SegmentsOptions {
  /** Told how many records have just been written. */
  readonly onAppended: (records: number) => void;
  /** Told each time that the disk did not take what it was given. */
  readonly onProblem: (problem: unknown) => void;
  readonly clock: Clock;
}

/** Records that share a write and a sync. */
interface Group<T> {
  readonly lines: string[];
  readonly values: T[];
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const READ_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const RETRY_MS = 1_000;
/** What a database takes in one or two writes. */
const RECENT_RECORDS = 3_000;

export async function openJournal<T>(options: JournalOptions): Promise<Journal<T>> {
  const { onAppended, onProblem, clock } = options;
  const segments = await openSegments(options);
  const recent = openRecent<T>(RECENT_RECORDS);
  const closing = new AbortController();
  /** Gathers what comes while the group before it is being written. */
  let gathering: Group<T> | null = null;
  let writing: Promise<void> | null = null;
  let damaged = 0;

  /** Group commit: whatever came while the last sync was under way goes to disk with one write and one sync. */
  async function writeGroups(): Promise<void> {
    for (let group = gathering; group !== null; group = gathering) {
      gathering = null;
      try {
        await writeAtLast(group);
        onAppended(group.lines.length);
        group.resolve();
      } catch (error) {
        group.reject(error);
      }
    }
    writing = null;
  }

  async function writeAtLast(group: Group<T>): Promise<void> {
    for (;;) {
      try {
        return await write(group);
      } catch (error) {
        if (closing.signal.aborted) throw error;
        onProblem(error);
        await clock.sleep(RETRY_MS, closing.signal);
      }
    }
  }

  async function write({ lines, values }: Group<T>): Promise<void> {
    const bytes = Buffer.from(lines.join(""));
    await segments.append(bytes);
    let at = segments.end - bytes.length;
    for (const [i, line] of lines.entries()) {
      const next = at + Buffer.byteLength(line);
      recent.add(at, next, values[i]!);
      at = next;
    }
  }

  return {
    get start() {
      return segments.start;
    },
    get end() {
      return segments.end;
    },
    get damaged() {
      return damaged;
    },
    append(value) {
      if (closing.signal.aborted) return Promise.reject(new Error("the journal is closed"));
      gathering ??= newGroup();
      const record = JSON.stringify(value);
      gathering.lines.push(`${checksum(record)} ${record}\n`);
      gathering.values.push(value);
      const { written } = gathering;
      writing ??= writeGroups();
      return written;
    },
    async read(position, until, maximum) {
      const remembered = recent.read(position, until, maximum);
      if (remembered) return remembered;
      const values: T[] = [];
      const { at, bytes } = await segments.read(position, Math.min(READ_BYTES, until - position));
      let next = at;
      for (let from = 0; values.length < maximum; ) {
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
        if (line[8] === " " && line.slice(0, 8) === checksum(record)) values.push(JSON.parse(record) as T);
        else damaged += 1;
        from = newline + 1;
        next = at + from;
      }
      return { values, next };
    },
    async count(from, to) {
      let records = 0;
      for (let position = from; position < to; ) {
        const { at, bytes } = await segments.read(position, READ_BYTES);
        if (at >= to) break;
        records += countLines(bytes.subarray(0, to - at));
        position = at + bytes.length;
      }
      return records;
    },
    forget(position) {
      recent.forget(position);
      return segments.forget(position);
    },
    async close() {
      closing.abort();
      await writing;
      await segments.close();
    },
  };
}

function newGroup<T>(): Group<T> {
  let settle: Pick<Group<T>, "resolve" | "reject"> = { resolve() {}, reject() {} };
  const written = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { lines: [], values: [], written, ...settle };
}

const checksum = (record: string) => crc32(record).toString(16).padStart(8, "0");
