import { failure, type GatewayError } from "../../errors.ts";
import { makeFolder } from "../../folders.ts";
import type { Logger } from "../../log.ts";
import { type Clock, MESSAGE_CLASSES, type Message, type MessageClass } from "../../terms.ts";
import { openCursor } from "./cursor.ts";
import { gather, type Pending } from "./gather.ts";
import { type Lane, openLane } from "./lane.ts";
import { type SpoolSettings, spoolOptions } from "./options.ts";
import { writeProblem } from "./problem.ts";
import { quarantine } from "./quarantine.ts";
import { type Entry, encodeRecord } from "./record.ts";

/**
 * Messages on disk, between being taken in and being acknowledged by the broker.
 *
 *   append ─▶ group ─▶ lane of its class (segments, synced) ─▶ take ─▶ broker ─▶ acknowledge ─▶ cursor ─▶ segment removed
 *
 * What `append` has resolved for is delivered at least once, through crashes and power cuts, unless the allotted disk
 * runs out; then it is counted in `counts().dropped`.
 */
export interface Spool {
  /**
   * Resolves with the message's sequence once it is synced; on a full disk that takes until there is space again.
   * Rejects with DISK_FULL or SPOOL_UNWRITABLE when too much is waiting already, with SPOOL_OVERFLOW when everything
   * in the spool is more important, and with INTERNAL when the message is too long.
   */
  append(message: Message): Promise<number>;
  /** The next messages in order of sequence, each once until `rewind`. Calls must not overlap. */
  take(limit: number): Promise<readonly Entry[]>;
  /** What was taken and not acknowledged is to be taken again. Not while a `take` is under way. */
  rewind(): void;
  /** Everything taken up to this sequence has been delivered. */
  acknowledge(sequence: number): void;
  /** Messages that wait to be delivered. */
  depth(): number;
  /** Bytes on disk. */
  bytes(): number;
  counts(): SpoolCounts;
  /** Writes what is waiting, saves the cursor and closes the files. */
  close(): Promise<void>;
}

export interface SpoolCounts {
  readonly appended: number;
  /** Lost because the allotted disk was full, by class. */
  readonly dropped: Readonly<Record<MessageClass, number>>;
  /** Damaged stretches of files that were set aside. */
  readonly damaged: number;
  /** Files whose end was cut off at the start, as a crash leaves it. Nothing in there had been taken in. */
  readonly torn: number;
}

/**
 * How often the cursor is saved while acknowledgements come in, each time as far as it stood the time before. So a
 * crash delivers again what was acknowledged in the last 5 to 10 seconds: the embedded broker keeps what it has
 * acknowledged in memory, and dies together with us before the recorder has it on disk.
 */
const CURSOR_MS = 5_000;

export async function openSpool(
  { folder, segmentBytes, ...settings }: SpoolSettings,
  { log, clock }: { log: Logger; clock: Clock },
): Promise<Spool> {
  const { maximumMegabytes, commitMilliseconds } = spoolOptions.parse(settings);
  const maximumBytes = maximumMegabytes * 1_000_000;
  const dropped = { focus: 0, event: 0, environment: 0, health: 0 };
  const overflowing = new Set<MessageClass>();
  let appended = 0;
  let damaged = 0;
  let torn = 0;

  const cursor = await makeFolder(folder)
    .then(() => openCursor(folder))
    .catch((error) => {
      throw writeProblem(folder, error);
    });
  /** In the order of MESSAGE_CLASSES: the last is the least important. */
  const lanes: Lane[] = [];
  try {
    for (const kind of MESSAGE_CLASSES) lanes.push(await openLaneOf(kind));
  } catch (error) {
    await cursor.close();
    throw writeProblem(folder, error);
  }
  let sequence = Math.max(cursor.saved, ...lanes.map((lane) => lane.last));
  let acknowledged = cursor.saved;
  const closing = new AbortController();
  let saving: Promise<void> | undefined;
  let closed: Promise<void> | undefined;

  function openLaneOf(kind: MessageClass): Promise<Lane> {
    return openLane({
      folder,
      kind,
      acknowledged: cursor.saved,
      segmentBytes: segmentBytes ?? Math.min(4_000_000, maximumBytes / 16),
      async onDamage(file, pieces) {
        damaged += pieces.length;
        const problem = failure("SPOOL_DAMAGED", {
          file,
          problem: `${pieces.length} unreadable stretch(es)`,
        });
        log.warn({ code: problem.code }, problem.message);
        await quarantine(folder, file, pieces);
      },
      onTornTail(file) {
        torn += 1;
        log.info(`cut off the unfinished end of ${file}`);
      },
    });
  }

  /** Everything that touches the lanes' files takes turns. */
  let turn: Promise<unknown> = Promise.resolve();
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = turn.then(work);
    turn = result.catch(() => {});
    return result;
  }

  const bytes = () => lanes.reduce((sum, lane) => sum + lane.bytes(), 0);
  const depth = () => lanes.reduce((sum, lane) => sum + lane.depth(), 0);

  /** Writes a group, each class into its lane, all lanes at once. */
  async function write(
    group: readonly Pending[],
  ): Promise<{ left: readonly Pending[]; problem?: GatewayError }> {
    const left = new Set<Pending>();
    let problem: GatewayError | undefined;
    // Numbered anew at each try: a number that went to disk late would lie behind a cursor that has moved on.
    const numbered = group.map((pending) => ({ pending, message: pending.message, sequence: ++sequence }));
    const perLane = lanes.map((lane) => ({
      lane,
      own: numbered.filter(({ message }) => message.kind === lane.kind),
    }));
    const admitted: typeof perLane = [];
    for (const one of perLane) {
      const size = one.own.reduce((sum, { pending }) => sum + pending.length, 0);
      if (size === 0) continue;
      if (await makeRoom(one.lane, size)) admitted.push(one);
      else for (const { pending } of one.own) pending.reject(overflow(one.lane.kind, 1));
    }
    await Promise.all(
      admitted.map(async ({ lane, own }) => {
        const span = { first: own[0]!.sequence, last: own.at(-1)!.sequence, count: own.length };
        try {
          await lane.write(Buffer.concat(own.map(encodeRecord)), span);
        } catch (error) {
          problem = writeProblem(folder, error);
          for (const { pending } of own) left.add(pending);
          return;
        }
        appended += own.length;
        for (const one of own) one.pending.resolve(one.sequence);
      }),
    );
    return { left: group.filter((pending) => left.has(pending)), ...(problem && { problem }) };
  }

  /** Gives up the oldest of the least important, but nothing that is more important than what comes. */
  async function makeRoom(lane: Lane, size: number): Promise<boolean> {
    if (bytes() + size > maximumBytes) await saveCursor(); // Room counts for more than a second delivery.
    while (bytes() + size > maximumBytes) {
      const victim = lanes.slice(lanes.indexOf(lane)).findLast((other) => other.bytes() > 0);
      if (!victim) return false;
      const lost = await victim.dropOldest();
      if (lost > 0) overflow(victim.kind, lost);
    }
    return true;
  }

  /** Counts what is lost, and says so once until the spool has been empty again. */
  function overflow(kind: MessageClass, messages: number): GatewayError {
    dropped[kind] += messages;
    const problem = failure("SPOOL_OVERFLOW", { kind, maximumMegabytes });
    if (!overflowing.has(kind)) log.warn({ code: problem.code }, problem.message);
    overflowing.add(kind);
    return problem;
  }

  /** The cursor first, and synced, then the files it has left behind: the other way round a crash loses its place. */
  async function saveCursor(upTo = acknowledged): Promise<void> {
    if (upTo <= cursor.saved) return;
    try {
      await cursor.save(upTo);
      for (const lane of lanes) await lane.tidy(cursor.saved);
    } catch (error) {
      log.debug({ err: error }, "the cursor could not be saved yet");
    }
    if (depth() === 0) overflowing.clear();
  }

  async function keepSavingCursor(): Promise<void> {
    let settled = cursor.saved;
    while (cursor.saved < acknowledged && !closing.signal.aborted) {
      await clock.sleep(CURSOR_MS, closing.signal);
      const upTo = settled;
      settled = acknowledged;
      await inTurn(() => saveCursor(upTo));
    }
    saving = undefined;
  }

  async function end(): Promise<void> {
    closing.abort();
    await gathering.close();
    await saving;
    await inTurn(async () => {
      for (const lane of lanes) await lane.seal();
      await saveCursor();
      for (const lane of lanes) await lane.tidy(cursor.saved);
      await cursor.close();
    });
  }

  const gathering = gather(
    { commitMilliseconds, write: (group) => inTurn(() => write(group)) },
    { log, clock },
  );

  return {
    append: gathering.add,
    take: (limit) =>
      inTurn(async () => {
        const entries: Entry[] = [];
        while (entries.length < limit) {
          const heads = await Promise.all(lanes.map(async (lane) => ({ lane, entry: await lane.head() })));
          const next = heads.reduce((a, b) =>
            (b.entry?.sequence ?? Infinity) < (a.entry?.sequence ?? Infinity) ? b : a,
          );
          if (!next.entry) break;
          next.lane.take();
          entries.push(next.entry);
        }
        return entries;
      }),
    rewind() {
      for (const lane of lanes) lane.rewind();
    },
    acknowledge(upTo) {
      if (upTo <= acknowledged) return;
      acknowledged = upTo;
      for (const lane of lanes) lane.acknowledge(upTo);
      saving ??= keepSavingCursor();
    },
    depth,
    bytes,
    counts: () => ({ appended, dropped: { ...dropped }, damaged, torn }),
    close() {
      closed ??= end();
      return closed;
    },
  };
}
