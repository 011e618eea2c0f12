import type { Database } from "../duckdb.ts";
import { MEASUREMENTS } from "../measurements.ts";

/** The embedded store's tables, one for each measurement. */
export type Type = "DOUBLE" | "VARCHAR" | "BOOLEAN";
export type Columns = Map<string, Type>;

/** Creates what is missing, table or column: an older gateway's store grows into a newer one's. */
export async function prepareTables(database: Database): Promise<Map<string, Columns>> {
  for (const [name, { key, tags, numbers, texts }] of Object.entries(MEASUREMENTS)) {
    const keys = key.map((tag) => `${quoted(tag)} VARCHAR NOT NULL DEFAULT ''`);
    await database.run(
      `CREATE TABLE IF NOT EXISTS ${quoted(name)}
        (time TIMESTAMPTZ NOT NULL, ${keys.join(", ")}, PRIMARY KEY (time, ${key.map(quoted).join(", ")}))`,
    );
    for (const column of [...tags, ...texts]) await addColumn(database, name, column, "VARCHAR");
    for (const column of numbers) await addColumn(database, name, column, "DOUBLE");
  }
  const tables = new Map<string, Columns>(Object.keys(MEASUREMENTS).map((name) => [name, new Map()]));
  const columns = await database.run(
    "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main'",
  );
  for (const [table, column, type] of columns as [string, string, Type][])
    tables.get(table)?.set(column, type);
  return tables;
}

export function addColumn(database: Database, table: string, column: string, type: Type): Promise<unknown> {
  return database.run(`ALTER TABLE ${quoted(table)} ADD COLUMN IF NOT EXISTS ${quoted(column)} ${type}`);
}

/** Names come from `measurements.ts` or have passed `points.ts`: quotes in them would be a bug, and are refused. */
export function quoted(name: string): string {
  if (/["']/.test(name)) throw new Error(`not a column's name: ${name}`);
  return `"${name}"`;
}
