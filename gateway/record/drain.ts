import { GatewayError, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../terms.ts";
import { type Cursor, loadCursor, saveCursor } from "./cursor.ts";
import type { DeadLetters } from "./deadLetters.ts";
import type { Journal } from "./journal.ts";
import { type Point, retryAfterOf, type Sink, type SinkSource } from "./sink.ts";

/** How one sink is doing. */
export interface SinkState {
  readonly ok: boolean;
  /** What is wrong, in one line, while it is not ok. */
  readonly problem?: string;
  /** Points on disk that it does not have yet. */
  readonly backlog: number;
  readonly written: number;
  /** Points it will never take; they are in the dead letters. */
  readonly refused: number;
  /** Points that went out of the journal before it could have them. */
  readonly lost: number;
}

/** Brings one sink what is in the journal, at its own pace and from its own cursor. */
export interface Drain {
  state(): SinkState;
  /** There is something new in the journal. */
  wake(records: number): void;
  /** The journal overflowed up to `end`. */
  overflowed(dropped: { records: number; end: number }): void;
  /** What lies before this position is not needed here. */
  readonly needed: number;
  /** Brings what is left, if the sink is well and quick, and closes it. */
  close(): Promise<void>;
}

export interface DrainContext {
  readonly journal: Journal<Point>;
  readonly cursorFile: string;
  readonly deadLetters: DeadLetters;
  readonly log: Logger;
  readonly clock: Clock;
  /** Something was written: the journal may be able to forget. */
  readonly onProgress: () => void;
}

/** Points in one write. InfluxDB recommends up to 5,000; the journal hands out a megabyte at a time at most. */
const BATCH = 2_000;
/** How long to gather before writing, so that a quiet room costs the disk four syncs a second at most. */
const GATHER_MS = 250;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const SAVE_EVERY_MS = 1_000;
const LAST_WORDS_MS = 5_000;

export async function openDrain(source: SinkSource, context: DrainContext): Promise<Drain> {
  const { journal, cursorFile, deadLetters, log, clock, onProgress } = context;
  const stored = await loadCursor(cursorFile);
  const believable = stored !== null && stored.live <= journal.end && stored.live >= journal.start;
  let cursor: Cursor = believable ? stored : { live: journal.start, backlog: null };
  let pending = 0;
  let sink: Sink | null = null;
  let problem: string | null = null;
  let failures = 0;
  let written = 0;
  let refused = 0;
  let lost = 0;
  let savedAt = clock.elapsed();
  let wakeUp = () => {};
  let awake = false;
  const closing = new AbortController();
  const hurry = new AbortController();

  const needed = () => cursor.backlog?.from ?? cursor.live;

  async function run() {
    while (!hurry.signal.aborted) {
      try {
        sink ??= await source.open();
        if (cursor.live >= journal.end && !cursor.backlog) {
          if (problem !== null) await recover();
          if (closing.signal.aborted) return;
          await sleepUntilWoken();
        }
        // What is new goes first, then a piece of what had to wait: neither starves the other.
        if (cursor.live < journal.end) await bring(cursor.live, journal.end, (live) => ({ ...cursor, live }));
        if (cursor.backlog) await bringBacklog();
      } catch (error) {
        await suffer(error);
      }
    }
  }

  async function bringBacklog() {
    const { from, to } = cursor.backlog!;
    await bring(from, to, (next) => ({ ...cursor, backlog: next >= to ? null : { from: next, to } }));
  }

  /** One batch of what lies between two positions, into the sink; then the cursor moves on. */
  async function bring(from: number, to: number, moved: (next: number) => Cursor) {
    const { values: points, next } = await journal.read(from, to, BATCH);
    const dead = points.length === 0 ? [] : await sink!.write(points);
    if (dead.length > 0) await deadLetters.add(source.name, dead);
    cursor = moved(next);
    pending = Math.max(0, pending - points.length);
    written += points.length - dead.length;
    refused += dead.length;
    if (problem !== null) await recover();
    if (clock.elapsed() - savedAt > SAVE_EVERY_MS) await save();
  }

  async function suffer(error: unknown) {
    const said = reason(error);
    if (said !== problem) {
      const code = error instanceof GatewayError ? error.code : undefined;
      const hint = error instanceof GatewayError ? error.hint : undefined;
      log.warn(
        { code, hint, err: error instanceof GatewayError ? error.cause : error },
        `${source.name}: ${said}`,
      );
    }
    problem = said;
    failures += 1;
    if (closing.signal.aborted) return hurry.abort(); // The journal keeps it for the next start.
    const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
    // Jitter, so that the gateways of a school do not all come back in the same instant.
    await clock.sleep(retryAfterOf(error) ?? pause * (0.5 + Math.random() / 2), closing.signal);
  }

  async function recover() {
    problem = null;
    failures = 0;
    await setAside();
    log.info({ waiting: pending }, `${source.name} takes points again`);
  }

  /**
   * At the start and after a time away: what waits becomes the backlog, so that what comes now need not queue behind it. A piece that
   * had been brought live while an earlier backlog was unfinished is brought twice, which changes nothing.
   */
  async function setAside() {
    const from = needed();
    const to = journal.end;
    cursor = { live: to, backlog: from < to ? { from, to } : null };
    const before = pending;
    const waiting = await journal.count(from, to);
    pending = waiting + (pending - before); // More may have come while that was counted.
  }

  async function save() {
    savedAt = clock.elapsed();
    await saveCursor(cursorFile, cursor);
    onProgress();
  }

  async function sleepUntilWoken() {
    pending = 0;
    if (!awake) await new Promise<void>((resolve) => (wakeUp = resolve));
    awake = false;
    await clock.sleep(GATHER_MS, closing.signal);
  }

  await setAside();
  const running = run().catch((error) => log.error({ err: error }, `${source.name}: ${reason(error)}`));

  return {
    state: () => ({
      ok: problem === null,
      ...(problem !== null && { problem }),
      backlog: pending,
      written,
      refused,
      lost,
    }),
    wake(records) {
      pending += records;
      awake = true;
      wakeUp();
    },
    overflowed({ records, end }) {
      if (needed() >= end) return;
      lost += records;
      pending = Math.max(0, pending - records);
      if (cursor.live < end) cursor = { live: end, backlog: null };
      else if (cursor.backlog && cursor.backlog.from < end) {
        const { to } = cursor.backlog;
        cursor = { ...cursor, backlog: to <= end ? null : { from: end, to } };
      }
    },
    get needed() {
      return needed();
    },
    async close() {
      closing.abort();
      awake = true;
      wakeUp();
      // A sink that answers no more is cut off; what it did not get stays in the journal for the next start.
      hurry.signal.addEventListener("abort", () => void sink?.close());
      const done = new AbortController();
      void clock.sleep(LAST_WORDS_MS, done.signal).then(() => done.signal.aborted || hurry.abort());
      await running;
      done.abort();
      await saveCursor(cursorFile, cursor).catch((error) =>
        log.warn({ err: error }, "cannot save the cursor"),
      );
      await sink?.close();
      sink = null;
    },
  };
}
