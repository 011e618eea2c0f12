import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Database } from "../duckdb.ts";
import { type Keep, ROLLED } from "../keep.ts";
import { MEASUREMENTS } from "../measurements.ts";

/** Has the store to itself for one step; what is to be written comes between two. */
export type Turn = <T>(step: (database: Database) => Promise<T>) => Promise<T>;

export interface Upkeep {
  /** Where the days' Parquet files go. */
  readonly folder: string;
  readonly keep: Keep;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** Ends it between two steps; the next hour goes on where it was. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What the embedded store does for itself by the hour, each step safe to be broken off and done again:
 *
 *   rows ─▶ roll-ups: `focus_minute`, `focus_lesson`, `focus_day`, …
 *        └▶ days/2026-11-23/focus.parquet, once a day is over ─▶ rows older than `rawDays` go, if they are in Parquet
 *
 * Rejects with the signal's reason when that has ended it.
 */
export async function keepUp(turn: Turn, { folder, keep, now, signal }: Upkeep): Promise<void> {
  const next: Turn = async (step) => {
    signal?.throwIfAborted();
    return turn(step);
  };
  for (const [table, { tags, numbers }] of Object.entries(ROLLED)) {
    for (const period of PERIODS) {
      if (period.name === "lesson" && table === "environment") continue;
      await next((database) => rollUp(database, table, { tags, numbers }, period, now));
    }
    const oldest = now - keep.minuteDays * DAY_MS;
    await next((database) => database.run(`DELETE FROM ${table}_minute WHERE time < ${timestamp(oldest)}`));
  }
  for (const table of Object.keys(MEASUREMENTS)) await exportDays(next, table, folder, now);
  const oldest = Math.floor(now / DAY_MS) * DAY_MS - keep.rawDays * DAY_MS;
  for (const table of Object.keys(MEASUREMENTS))
    await next((database) => database.run(`DELETE FROM ${table} WHERE time < ${timestamp(oldest)}`));
}

interface Period {
  readonly name: "minute" | "lesson" | "day";
  /** What a row's time is in the roll-up: the beginning of its minute or day. */
  readonly bucket: string;
}

const DAY_MS = 86_400_000;
/** What came so late is rolled up with the rest; older rows keep the roll-up that they have. */
const LATE_DAYS = 7;

const PERIODS: readonly Period[] = [
  { name: "minute", bucket: "date_trunc('minute', time - INTERVAL 1 millisecond)" },
  // A lesson is known by its name and its day.
  { name: "lesson", bucket: "date_trunc('day', time - INTERVAL 1 millisecond)" },
  { name: "day", bucket: "date_trunc('day', time - INTERVAL 1 millisecond)" },
];

async function rollUp(
  database: Database,
  table: string,
  { tags, numbers }: { tags: readonly string[]; numbers: readonly string[] },
  { name, bucket }: Period,
  now: number,
): Promise<void> {
  const into = `${table}_${name}`;
  const keys = name === "lesson" ? [...tags, "lesson"] : tags;
  const averages = numbers.map((number) => `avg(${number}) AS ${number}`).join(", ");
  const lesson = name === "lesson" ? "AND lesson IS NOT NULL" : "";
  // Whole days, so that a day is never averaged over a part of it.
  const since = Math.floor(now / DAY_MS) * DAY_MS - LATE_DAYS * DAY_MS;
  const select = `SELECT ${bucket} AS time, ${keys.map((key) => `coalesce(${key}, '') AS ${key}`).join(", ")},
      min(time) AS first, max(time) AS last, count(*)::DOUBLE AS windows, ${averages}
    FROM ${table} WHERE quality = 'ok' ${lesson} AND time > ${timestamp(since)} GROUP BY ALL`;
  await database.run(`CREATE TABLE IF NOT EXISTS ${into} AS ${select} LIMIT 0`);
  await database.run("BEGIN TRANSACTION");
  try {
    await database.run(`DELETE FROM ${into} WHERE time >= ${timestamp(since)}`);
    await database.run(`INSERT INTO ${into} ${select}`);
    await database.run("COMMIT");
  } catch (error) {
    await database.run("ROLLBACK");
    throw error;
  }
}

/** Writes each day that is over and has rows that its file has not. A file is never replaced by one with fewer. */
async function exportDays(turn: Turn, table: string, folder: string, now: number): Promise<void> {
  const today = timestamp(Math.floor(now / DAY_MS) * DAY_MS);
  const days = await turn((database) =>
    database.run(
      `SELECT epoch_ms(date_trunc('day', time))::DOUBLE, count(*)::INTEGER FROM ${table} WHERE time < ${today} GROUP BY 1`,
    ),
  );
  for (const [day, rows] of days as [number, number][])
    await turn((database) => exportDay(database, { table, day, rows, folder }));
}

interface Day {
  readonly table: string;
  /** When it begins: milliseconds since the Unix epoch. */
  readonly day: number;
  readonly rows: number;
  readonly folder: string;
}

async function exportDay(database: Database, { table, day, rows, folder }: Day): Promise<void> {
  const file = path.join(folder, new Date(day).toISOString().slice(0, 10), `${table}.parquet`);
  if ((await rowsIn(database, file)) >= rows) return;
  await mkdir(path.dirname(file), { recursive: true });
  // By its ends, not by its name: DuckDB passes over blocks of other days without reading them.
  await database.run(
    `COPY (SELECT * FROM ${table} WHERE time >= ${timestamp(day)} AND time < ${timestamp(day + DAY_MS)} ORDER BY time)
      TO '${quoted(file)}.new' (FORMAT parquet, COMPRESSION zstd)`,
  );
  await rename(`${file}.new`, file);
}

/** -1 when there is no such file, or none that can be read. */
async function rowsIn(database: Database, file: string): Promise<number> {
  try {
    const [[rows] = []] = await database.run(`SELECT count(*)::INTEGER FROM read_parquet('${quoted(file)}')`);
    return Number(rows);
  } catch {
    await rm(file, { force: true });
    return -1;
  }
}

const timestamp = (milliseconds: number) => `make_timestamptz(${milliseconds} * 1000)`;
const quoted = (file: string) => file.replaceAll("'", "''");
