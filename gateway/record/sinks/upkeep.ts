import { rename } from "node:fs/promises";
import path from "node:path";
import { makeFolder, syncFile, syncFolder } from "../../folders.ts";
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
  /** Rows with an earlier time are as they were when this was last done; 0 when nobody knows. */
  readonly since: number;
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
export async function keepUp(turn: Turn, { folder, keep, now, since, signal }: Upkeep): Promise<void> {
  const next: Turn = async (step) => {
    signal?.throwIfAborted();
    return turn(step);
  };
  const today = dayOf(now);
  // A row of midnight is the last of the day before.
  const changed = Math.max(0, dayOf(since - 1));
  const kept = today - keep.rawDays * DAY_MS;
  for (const [table, shape] of Object.entries(ROLLED)) {
    for (const period of PERIODS) {
      if (period.name === "lesson" && table === "environment") continue;
      await next((database) =>
        // Made anew, a day whose rows have gone would be left without any.
        rollUp(database, table, shape, period, Math.max(changed, kept, today - LATE_DAYS * DAY_MS)),
      );
    }
    const oldest = now - keep.minuteDays * DAY_MS;
    await next((database) => database.run(`DELETE FROM ${table}_minute WHERE time < ${timestamp(oldest)}`));
  }
  for (const table of Object.keys(MEASUREMENTS)) {
    for (const day of await next((database) => daysBetween(database, table, changed, today)))
      await next((database) => exportDay(database, table, day, folder));
    await next((database) => letGo(database, table, kept, folder));
  }
}

interface Period {
  readonly name: "minute" | "lesson" | "day";
  /** What a row's time is in the roll-up: the beginning of its minute or day. */
  readonly bucket: string;
}

const DAY_MS = 86_400_000;
const dayOf = (time: number) => Math.floor(time / DAY_MS) * DAY_MS;
/** What came so late is rolled up with the rest; older rows keep the roll-up that they have. */
const LATE_DAYS = 7;

const PERIODS: readonly Period[] = [
  { name: "minute", bucket: "date_trunc('minute', time - INTERVAL 1 millisecond)" },
  // A lesson is known by its name and its day.
  { name: "lesson", bucket: "date_trunc('day', time - INTERVAL 1 millisecond)" },
  { name: "day", bucket: "date_trunc('day', time - INTERVAL 1 millisecond)" },
];

/** @param since the beginning of a day, so that a day is never averaged over a part of it. */
async function rollUp(
  database: Database,
  table: string,
  { tags, numbers, qualities }: (typeof ROLLED)[keyof typeof ROLLED],
  { name, bucket }: Period,
  since: number,
): Promise<void> {
  const into = `${table}_${name}`;
  const keys = name === "lesson" ? [...tags, "lesson"] : tags;
  const averages = numbers.map((number) => `avg(${number}) AS ${number}`).join(", ");
  const lesson = name === "lesson" ? "AND lesson IS NOT NULL" : "";
  const select = `SELECT ${bucket} AS time, ${keys.map((key) => `coalesce(${key}, '') AS ${key}`).join(", ")},
      min(time) AS first, max(time) AS last, count(*)::DOUBLE AS windows, ${averages}
    FROM ${table} WHERE quality IN (${qualities.map((quality) => `'${quality}'`).join(", ")}) ${lesson} AND time > ${timestamp(since)} GROUP BY ALL`;
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

interface Day {
  /** When it begins: milliseconds since the Unix epoch. */
  readonly begins: number;
  readonly rows: number;
}

async function daysBetween(database: Database, table: string, from: number, end: number): Promise<Day[]> {
  const days = await database.run(
    `SELECT epoch_ms(date_trunc('day', time))::DOUBLE, count(*)::INTEGER FROM ${table}
      WHERE time >= ${timestamp(from)} AND time < ${timestamp(end)} GROUP BY 1`,
  );
  return (days as [number, number][]).map(([begins, rows]) => ({ begins, rows }));
}

/** Writes a day's file where it has fewer rows than the store. */
async function exportDay(database: Database, table: string, day: Day, folder: string): Promise<void> {
  if ((await rowsIn(database, fileOf(table, day, folder))) < day.rows)
    await writeDay(database, table, day, folder);
}

/** The file has all of the day's rows then, also those that have gone from the store. */
async function writeDay(database: Database, table: string, day: Day, folder: string): Promise<void> {
  const file = fileOf(table, day, folder);
  const key = ["time", ...MEASUREMENTS[table as keyof typeof MEASUREMENTS].key];
  const gone = `UNION ALL BY NAME SELECT * FROM read_parquet('${quoted(file)}') ANTI JOIN here USING (${key.join(", ")})`;
  await makeFolder(path.dirname(file));
  // By its ends, not by its name: DuckDB passes over blocks of other days without reading them. Unsorted, and in groups smaller
  // than the usual 122,880 rows: for either a school's day would have to fit into memory.
  await database.run(
    `COPY (WITH here AS (SELECT * FROM ${table}
          WHERE time >= ${timestamp(day.begins)} AND time < ${timestamp(day.begins + DAY_MS)})
        SELECT * FROM here ${(await rowsIn(database, file, VALUES)) > 0 ? gone : ""})
      TO '${quoted(file)}.new' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 8192)`,
  );
  // DuckDB leaves it to the system when it is on disk, and what lets the rows go is at once.
  await syncFile(`${file}.new`);
  await rename(`${file}.new`, file);
  await syncFolder(path.dirname(file));
}

const fileOf = (table: string, { begins }: Day, folder: string) =>
  path.join(folder, new Date(begins).toISOString().slice(0, 10), `${table}.parquet`);

/** Rows older than that go: in one step, for what comes late has to be in its day's file first. */
async function letGo(database: Database, table: string, oldest: number, folder: string): Promise<void> {
  for (const day of await daysBetween(database, table, 0, oldest))
    await writeDay(database, table, day, folder);
  await database.run(`DELETE FROM ${table} WHERE time < ${timestamp(oldest)}`);
}

/** Has every value read: their number alone stands at a file's end, which may be whole where the rest is not. */
const VALUES = "count(*), bit_xor(hash(COLUMNS(*)))";

/** -1 when there is no such file, or none that can be read: that is moved aside. */
async function rowsIn(database: Database, file: string, looked = "count(*)"): Promise<number> {
  try {
    const [[rows] = []] = await database.run(`SELECT ${looked} FROM read_parquet('${quoted(file)}')`);
    return Number(rows);
  } catch {
    await rename(file, `${file}.damaged`).catch(() => {});
    return -1;
  }
}

const timestamp = (milliseconds: number) => `make_timestamptz(${milliseconds} * 1000)`;
const quoted = (file: string) => file.replaceAll("'", "''");
