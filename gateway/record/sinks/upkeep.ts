import { mkdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import type { Database } from "../duckdb.ts";
import { type Keep, ROLLED } from "../keep.ts";
import { MEASUREMENTS } from "../measurements.ts";

/**
 * What the embedded store does for itself by the hour, each step safe to be broken off and done again:
 *
 *   rows ─▶ roll-ups: `focus_minute`, `focus_lesson`, `focus_day`, …
 *        └▶ days/2026-11-23/focus.parquet, once a day is over ─▶ rows older than `rawDays` go, if they are in Parquet
 */
export async function keepUp(database: Database, { folder, keep, now }: Upkeep): Promise<void> {
  for (const [table, { tags, numbers }] of Object.entries(ROLLED)) {
    for (const period of PERIODS) {
      if (period.name === "lesson" && table === "environment") continue;
      await rollUp(database, table, { tags, numbers }, period, now);
    }
    await database.run(
      `DELETE FROM ${table}_minute WHERE time < ${timestamp(now - keep.minuteDays * DAY_MS)}`,
    );
  }
  for (const table of Object.keys(MEASUREMENTS)) await exportDays(database, table, folder, now);
  const oldest = Math.floor(now / DAY_MS) * DAY_MS - keep.rawDays * DAY_MS;
  for (const table of Object.keys(MEASUREMENTS))
    await database.run(`DELETE FROM ${table} WHERE time < ${timestamp(oldest)}`);
}

export interface Upkeep {
  /** Where the days' Parquet files go. */
  readonly folder: string;
  readonly keep: Keep;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
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
async function exportDays(database: Database, table: string, folder: string, now: number): Promise<void> {
  const today = timestamp(Math.floor(now / DAY_MS) * DAY_MS);
  const days = (await database.run(
    `SELECT strftime(time, '%Y-%m-%d') AS day, count(*)::INTEGER FROM ${table} WHERE time < ${today} GROUP BY 1`,
  )) as [string, number][];
  for (const [day, rows] of days) {
    const file = path.join(folder, day, `${table}.parquet`);
    if ((await rowsIn(database, file)) >= rows) continue;
    await mkdir(path.dirname(file), { recursive: true });
    await database.run(
      `COPY (SELECT * FROM ${table} WHERE strftime(time, '%Y-%m-%d') = '${day}' ORDER BY time)
        TO '${quoted(file)}.new' (FORMAT parquet, COMPRESSION zstd)`,
    );
    await rename(`${file}.new`, file);
  }
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
