import { reason } from "../../errors.ts";
import type { Database } from "../duckdb.ts";
import { MEASUREMENTS } from "../measurements.ts";
import type { Point, Refused } from "../sink.ts";
import { addColumn, type Columns, quoted, type Type } from "./tables.ts";

type Measurement = Point["measurement"];
type Row = Record<string, number | string | boolean>;

const TYPE_OF: Readonly<Record<string, Type>> = { number: "DOUBLE", string: "VARCHAR", boolean: "BOOLEAN" };
/** A table wider than this is a device gone mad, not a schema that grew. */
const MAXIMUM_COLUMNS = 500;

/**
 * Points become rows of their tables, which grow as wide as they need to; then all rows are written, or none. A row that is
 * there already gets the new values. Resolves, once all is on disk, with the points that fit no table; rejects when a row
 * cannot be written.
 */
export async function insertPoints(
  database: Database,
  tables: ReadonlyMap<string, Columns>,
  points: readonly Point[],
): Promise<readonly Refused[]> {
  const refused: Refused[] = [];
  const inserts: Insert[] = [];
  for (const [table, group] of groupByMeasurement(points)) {
    const made = await makeRows(database, table, tables.get(table)!, group);
    refused.push(...made.refused);
    if (made.insert) inserts.push(made.insert);
  }
  // Rows are new but for those that are brought again after a crash; only then are those that are there looked for. DuckDB
  // 1.5 keeps some 400 bytes of each statement that looks, until the store is closed (docs/soak.md).
  try {
    await transact(database, inserts, "INSERT INTO");
  } catch (error) {
    if (!isThere(error)) throw error;
    await transact(database, inserts, "INSERT OR REPLACE INTO");
  }
  return refused;
}

const isThere = (error: unknown) => /^Constraint Error: (Duplicate key|PRIMARY KEY)/.test(reason(error));

type Verb = "INSERT INTO" | "INSERT OR REPLACE INTO";

/** Rows for one table, each of which is there once. */
interface Insert {
  readonly table: Measurement;
  readonly columns: Columns;
  readonly used: readonly string[];
  readonly rows: readonly Row[];
}

/** Makes rows of points, and the table as wide as they need; says what does not fit. */
async function makeRows(
  database: Database,
  table: Measurement,
  columns: Columns,
  points: readonly Point[],
): Promise<{ refused: Refused[]; insert: Insert | null }> {
  const refused: Refused[] = [];
  const key = ["time", ...MEASUREMENTS[table].key];
  const rows = new Map<string, Row>();
  const used = new Set(key);
  for (const point of points) {
    const row = toRow(point);
    const why = await misfit(database, table, columns, row);
    if (why) {
      refused.push({ point, why });
      continue;
    }
    for (const column of Object.keys(row)) used.add(column);
    // One statement may not write a row twice; as with two statements, the later values win.
    const identity = JSON.stringify(key.map((column) => row[column] ?? ""));
    rows.set(identity, { ...rows.get(identity), ...row });
  }
  const insert = rows.size > 0 ? { table, columns, used: [...used], rows: [...rows.values()] } : null;
  return { refused, insert };
}

async function transact(database: Database, inserts: readonly Insert[], verb: Verb): Promise<void> {
  await database.run("BEGIN TRANSACTION");
  try {
    for (const one of inserts) await insert(database, one, verb);
    await database.run("COMMIT"); // DuckDB syncs its log before this resolves.
  } catch (error) {
    await database.run("ROLLBACK").catch(() => {}); // It may have rolled back by itself.
    throw error;
  }
}

function toRow({ time, tags, fields }: Point): Row {
  const present = Object.entries(fields).filter((entry): entry is [string, string | number | boolean] => {
    return entry[1] !== null;
  });
  return { ...Object.fromEntries(present), ...tags, time };
}

/** Why a row does not fit its table, after adding the columns that are new; null when it does. */
async function misfit(database: Database, table: string, columns: Columns, row: Row): Promise<string | null> {
  for (const [column, value] of Object.entries(row)) {
    if (column === "time") continue;
    const type = TYPE_OF[typeof value]!;
    const there = columns.get(column);
    if (there === undefined) {
      if (columns.size >= MAXIMUM_COLUMNS) return `${table} has too many columns for another, ${column}`;
      await addColumn(database, table, column, type);
      columns.set(column, type);
    } else if (there !== type) {
      return `${column} is ${there} in ${table}, not ${type}`;
    }
  }
  return null;
}

/** All rows in one statement, as one JSON parameter: 500 rows take 8 ms, and no value is ever part of the SQL. */
async function insert(database: Database, { table, columns, used, rows }: Insert, verb: Verb) {
  const keys = new Set<string>(MEASUREMENTS[table].key);
  const shape = Object.fromEntries(used.map((c) => [c, c === "time" ? "BIGINT" : columns.get(c)!]));
  const select = used.map((column) => {
    const value = `r.${quoted(column)}`;
    if (column === "time") return `make_timestamptz(${value} * 1000)`;
    return keys.has(column) ? `coalesce(${value}, '')` : value;
  });
  await database.run(
    `${verb} ${quoted(table)} (${used.map(quoted).join(", ")})
      SELECT ${select.join(", ")}
      FROM (SELECT unnest(from_json($1::JSON, '${JSON.stringify([shape])}')) AS r)`,
    [JSON.stringify(rows)],
  );
}

function groupByMeasurement(points: readonly Point[]): Map<Measurement, Point[]> {
  const groups = new Map<Measurement, Point[]>();
  for (const point of points) {
    const group = groups.get(point.measurement);
    if (group) group.push(point);
    else groups.set(point.measurement, [point]);
  }
  return groups;
}
