import { mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { GatewayError, reason } from "../../errors.ts";
import { type Answer, type Database, isDamage, openDatabase, type Question } from "../duckdb.ts";
import type { Keep } from "../keep.ts";
import type { Point, Refused, Sink } from "../sink.ts";
import { insertPoints } from "./insert.ts";
import { lessonPoints } from "./lessons.ts";
import { type Columns, prepareTables } from "./tables.ts";
import { keepUp } from "./upkeep.ts";

/** The store that needs no server: a DuckDB file with a table for each measurement. Also answers questions. */
export interface EmbeddedSink extends Sink {
  read(question: Question, answer: Answer): Promise<{ truncated: boolean }>;
  /** Rolls up, writes finished days as Parquet, lets go of what is old: see `upkeep.ts`. */
  keepUp(keep: Keep, now: number, signal?: AbortSignal): Promise<void>;
  /** Roll-ups of the lessons since then, for other databases. */
  lessons(since: number): Promise<readonly Point[]>;
}

/** Finished days, as Parquet. */
export const daysFolder = (dataFolder: string) => path.join(dataFolder, "days");
export const storeFile = (dataFolder: string) => path.join(dataFolder, "store.duckdb");

/**
 * Opens or makes the store. A damaged file is moved aside, told of, and a new one begun: what is lost with it is what
 * it held; the room goes on being recorded. Rejects with STORE_LOCKED or STORE_UNREADABLE.
 */
export async function openEmbedded(
  dataFolder: string,
  onDamage: (problem: unknown, movedTo: string) => void = () => {},
): Promise<EmbeddedSink> {
  const file = storeFile(dataFolder);
  await mkdir(dataFolder, { recursive: true });
  let opened: Promise<Opened> | null = open();
  let closed = false;
  let last: Promise<unknown> = opened;
  /** Rows from this time on may have come since the last upkeep; what an earlier process has kept up, nobody knows. */
  let unkept = 0;
  await opened;

  async function open(): Promise<Opened> {
    try {
      const database = await openDatabase(file, { folder: daysFolder(dataFolder) });
      try {
        return { database, tables: await prepareTables(database) };
      } catch (error) {
        await database.close();
        throw error;
      }
    } catch (error) {
      if (!isStoreDamage(error)) throw error;
      await moveAside(error);
      return open();
    }
  }

  async function moveAside(problem: unknown): Promise<void> {
    const movedTo = `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, "-")}`;
    await rename(file, movedTo);
    // The log belongs to the file: in a new one it would be replayed.
    await rename(`${file}.wal`, `${movedTo}.wal`).catch(() => {});
    onDamage(problem, movedTo);
  }

  /** The open store; opened anew when a write went wrong. Never twice at a time: a process cannot lock out itself. */
  async function current(): Promise<Opened> {
    if (closed) throw new Error("the store is closed");
    opened ??= open();
    try {
      return await opened;
    } catch (error) {
      opened = null;
      throw error;
    }
  }

  async function write(points: readonly Point[]): Promise<readonly Refused[]> {
    const { database, tables } = await current();
    try {
      return await insertPoints(database, tables, points);
    } catch (error) {
      // After an I/O error DuckDB wants to be opened anew: begin afresh. The file has to be let go of first: opened twice,
      // each would take away the other's log.
      await database.close();
      opened = null;
      if (isDamage(error)) await moveAside(error); // The same points are tried again, on a new file.
      if (!isAboutData(error)) throw error;
      if (points.length === 1) return [{ point: points[0]!, why: reason(error) }];
      // Something in it can never be written: find it, rather than try for ever.
      const middle = points.length >> 1;
      return [...(await write(points.slice(0, middle))), ...(await write(points.slice(middle)))];
    }
  }

  /** Alone with the store, for its users share a connection. */
  function inTurn<T>(step: () => Promise<T>): Promise<T> {
    const done = last.then(step);
    last = done.catch(() => {});
    return done;
  }

  return {
    name: "embedded",
    write(points) {
      for (const { time } of points) unkept = Math.min(unkept, time);
      return inTurn(() => write(points));
    },
    async keepUp(keep, now, signal) {
      const since = unkept;
      unkept = now;
      try {
        await keepUp((step) => inTurn(async () => step((await current()).database)), {
          folder: daysFolder(dataFolder),
          ...{ keep, now, since, signal },
        });
      } catch (error) {
        unkept = Math.min(unkept, since);
        throw error;
      }
    },
    lessons: (since) => inTurn(async () => lessonPoints((await current()).database, since)),
    async read(question, answer) {
      const { database } = await current();
      return database.read(question, answer);
    },
    async close() {
      if (closed) return;
      closed = true;
      await last;
      const store = await opened?.catch(() => null);
      await store?.database.close();
    },
  };
}

interface Opened {
  readonly database: Database;
  readonly tables: Map<string, Columns>;
}

const isStoreDamage = (error: unknown) =>
  error instanceof GatewayError ? error.code === "STORE_DAMAGED" : isDamage(error);

/** DuckDB begins what it says with the kind of the error; these come from a value, not from the disk or the memory. */
const isAboutData = (error: unknown) =>
  /^(Conversion|Invalid Input|Constraint|Out of Range) Error/.test(reason(error));
