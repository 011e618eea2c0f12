import { rm } from "node:fs/promises";
import path from "node:path";
import { makeFolder } from "../../folders.ts";
import type { MessageClass } from "../../terms.ts";
import type { Entry } from "./record.ts";
import {
  createSegment,
  firstSequence,
  listSegments,
  readOn,
  recoverSegment,
  type Segment,
  type Writer,
} from "./segment.ts";

/**
 * The log of one class of messages. Each class has its own, so that the least important can make room by giving up
 * whole files, without rewriting what lies between. Calls must not overlap: the spool sees to that.
 */
export interface Lane {
  readonly kind: MessageClass;
  /** The highest sequence it knows of. */
  readonly last: number;
  /** Messages that have not been acknowledged. */
  depth(): number;
  bytes(): number;
  /** Appends records `first` to `last`, synced: all of them or, when it rejects, none. */
  write(records: Buffer, span: { first: number; last: number; count: number }): Promise<void>;
  /** The oldest message that has not been taken, or null. */
  head(): Promise<Entry | null>;
  /** Takes what `head` showed. */
  take(): void;
  /** Everything taken and not acknowledged is to be taken again. */
  rewind(): void;
  acknowledge(sequence: number): void;
  /** Removes the files in which everything is acknowledged; the cursor has been saved up to there. */
  tidy(saved: number): Promise<void>;
  /** Gives up its oldest file; how many messages were lost by it. */
  dropOldest(): Promise<number>;
  /** Ends writing; a later `write` begins a new file. */
  seal(): Promise<void>;
}

export interface LaneOptions {
  readonly folder: string;
  readonly kind: MessageClass;
  /** Up to where the cursor says that messages have been delivered. */
  readonly acknowledged: number;
  readonly segmentBytes: number;
  readonly onDamage: (file: string, bytes: readonly Buffer[]) => Promise<void>;
  readonly onTornTail: (file: string) => void;
}

export async function openLane(options: LaneOptions): Promise<Lane> {
  const { kind, segmentBytes, onDamage, onTornTail } = options;
  const folder = path.join(options.folder, kind);
  await makeFolder(folder);

  let segments: Segment[] = [];
  let writer: Writer | undefined;
  let last = 0;
  let acknowledged = options.acknowledged;
  let taken = acknowledged;
  /** Read ahead from disk and not taken yet, the next one last. */
  let ahead: Entry[] = [];
  /** Sequences taken and not acknowledged, in order. */
  let waiting: number[] = [];

  for (const name of await listSegments(folder)) {
    const { segment, damaged, torn } = await recoverSegment(path.join(folder, name), acknowledged);
    if (damaged.length > 0) await onDamage(segment.file, damaged);
    if (torn) onTornTail(segment.file);
    last = Math.max(last, firstSequence(name), segment.last);
    if (segment.remaining > 0) segments.push(segment);
    else await rm(segment.file);
  }

  async function seal(): Promise<void> {
    const ending = writer;
    writer = undefined;
    await ending?.close();
  }

  return {
    kind,
    get last() {
      return last;
    },
    depth: () => segments.reduce((sum, segment) => sum + segment.remaining, 0),
    bytes: () => segments.reduce((sum, segment) => sum + segment.bytes, 0),
    async write(records, span) {
      if (writer && writer.segment.bytes + records.length > segmentBytes) await seal();
      if (!writer) {
        writer = await createSegment(folder, span.first);
        segments.push(writer.segment);
      }
      await writer.append(records);
      last = writer.segment.last = span.last;
      writer.segment.remaining += span.count;
    },
    async head() {
      while (ahead.length === 0) {
        const segment = segments.find(({ read, bytes }) => read < bytes);
        if (!segment) return null;
        const { entries, damaged } = await readOn(segment);
        if (damaged.length > 0) await onDamage(segment.file, damaged);
        ahead = entries.filter(({ sequence }) => sequence > taken).reverse();
      }
      return ahead.at(-1)!;
    },
    take() {
      taken = ahead.pop()!.sequence;
      waiting.push(taken);
    },
    rewind() {
      taken = acknowledged;
      ahead = [];
      waiting = [];
      for (const segment of segments) segment.read = 0;
    },
    acknowledge(sequence) {
      acknowledged = Math.max(acknowledged, sequence);
      while (waiting[0] !== undefined && waiting[0] <= sequence) {
        const delivered = waiting.shift()!;
        segments.find((segment) => segment.last >= delivered)!.remaining--;
      }
    },
    async tidy(saved) {
      const done = segments.filter((segment) => segment !== writer?.segment && segment.last <= saved);
      segments = segments.filter((segment) => !done.includes(segment));
      for (const segment of done) await rm(segment.file, { force: true });
    },
    async dropOldest() {
      const oldest = segments[0];
      if (!oldest) return 0;
      if (oldest === writer?.segment) await seal();
      segments.shift();
      ahead = ahead.filter(({ sequence }) => sequence > oldest.last);
      waiting = waiting.filter((sequence) => sequence > oldest.last);
      await rm(oldest.file, { force: true });
      return oldest.remaining;
    },
    seal,
  };
}
