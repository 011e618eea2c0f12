import { access, constants } from "node:fs/promises";
import type { DuckDBConnection, DuckDBResult, DuckDBType, DuckDBValue } from "@duckdb/node-api";
import { failure, GatewayError, reason } from "../errors.ts";

/** The one door to DuckDB. */
export interface Database {
  /** Runs statements of our own making. */
  run(sql: string, values?: readonly string[]): Promise<unknown[][]>;
  /** Reads for somebody else: see `Question`. */
  read(question: Question, answer: Answer): Promise<{ truncated: boolean }>;
  /** Whoever still reads is told so. The file is let go of when this resolves: it may be opened again, or moved. */
  close(): Promise<void>;
}

/** One statement that reads, in a transaction that cannot write, for so many rows and so long. */
export interface Question {
  readonly sql: string;
  readonly maximumRows: number;
  readonly timeoutSeconds: number;
}

export interface Column {
  readonly name: string;
  /** DuckDB's name of the type: DOUBLE, VARCHAR, TIMESTAMP WITH TIME ZONE, … */
  readonly type: string;
}

/** Receives the columns, then the rows as they come; each is waited for, so a slow reader slows the query. */
export interface Answer {
  columns(columns: readonly Column[]): Promise<void>;
  rows(rows: unknown[][]): Promise<void>;
}

/**
 * Opens the file, makes it if it is missing (unless `readOnly`), and shuts every way out of it: no SQL can read or
 * write another file, load an extension or change a setting, whoever asks; but for the files in `folder`, if given.
 * Rejects with STORE_MISSING, STORE_LOCKED or STORE_UNREADABLE; the file is left as it is.
 */
export async function openDatabase(
  file: string,
  { readOnly = false, folder }: { readOnly?: boolean; folder?: string } = {},
): Promise<Database> {
  if (readOnly)
    await access(file, constants.R_OK).catch((error: NodeJS.ErrnoException) => {
      // Somebody else's is there, and cannot be seen.
      if (error.code === "EACCES")
        throw failure("STORE_UNREADABLE", { file, problem: "this user has no right to" }, error);
      throw failure("STORE_MISSING", { file });
    });
  const duckdb = await import("@duckdb/node-api");
  const { DuckDBInstance, StatementType } = duckdb;
  let instance: InstanceType<typeof DuckDBInstance>;
  try {
    instance = await DuckDBInstance.create(file, {
      access_mode: readOnly ? "READ_ONLY" : "READ_WRITE",
      // The gateway is a small program on a small machine. What has been read once stays in memory up to this limit; a
      // careless query puts the rest into a file beside the store.
      memory_limit: "128MB",
      // With a second thread each small write leaves something in that one's caches: 9 MB an hour (docs/soak.md).
      threads: "1",
      // A new file's blocks. Each of the 170 columns that a room has keeps one in memory for what is written next: of 256 KB,
      // the default, they came to 43 MB (docs/soak.md).
      default_block_size: "16384",
      // What has been written since the last checkpoint is in memory, uncompressed. About once an hour in a room; the default
      // of 16 MB is twice a day.
      checkpoint_threshold: "1MB",
      autoload_known_extensions: "false",
      autoinstall_known_extensions: "false",
    });
  } catch (error) {
    throw openingProblem(file, error);
  }
  const own = await instance.connect();
  // Days and hours are counted in UTC wherever the machine stands; not an option of `create`, for it belongs to ICU.
  await own.run("SET GLOBAL TimeZone = 'UTC'");
  // The one way out, for Parquet: a folder of ours. It can only be said before everything else is shut.
  if (folder) await own.run(`SET GLOBAL allowed_directories = ['${folder.replaceAll("'", "''")}']`);
  await own.run("SET GLOBAL enable_external_access = false");
  await own.run("SET GLOBAL lock_configuration = true");
  const ending = new AbortController();
  const readings = new Set<Promise<unknown>>();

  async function prepareReading(connection: DuckDBConnection, sql: string) {
    const statements = await connection.extractStatements(sql).catch((error: Error) => {
      // DuckDB has no words for an empty text.
      throw error.message === "Error in native callback" ? new Error("there is no statement in it") : error;
    });
    if (statements.count !== 1) throw new Error("give one statement at a time");
    const statement = await statements.prepare(0);
    // SHOW, DESCRIBE, SUMMARIZE and VALUES are SELECTs to DuckDB's parser.
    if (statement.statementType !== StatementType.SELECT && statement.statementType !== StatementType.EXPLAIN)
      throw new Error(`only reading is allowed, not ${StatementType[statement.statementType]}`);
    if (statement.parameterCount > 0) throw new Error("there is no value for its parameters");
    return statement;
  }

  async function read({ sql, maximumRows, timeoutSeconds }: Question, answer: Answer) {
    const connection = await instance.connect();
    let stopped: string | null = null;
    const stop = (why: string) => {
      stopped ??= why;
      connection.interrupt();
    };
    const late = () => stop(`it took longer than ${timeoutSeconds} s and was stopped`);
    const timer = setTimeout(late, timeoutSeconds * 1000);
    const over = new AbortController();
    /** Rejects when the store is closed, so that it need not wait for a slow reader. */
    const ended = new Promise<never>((_, reject) => {
      const end = () => {
        stop(CLOSED);
        reject(new Error(CLOSED));
      };
      if (ending.signal.aborted) end();
      else ending.signal.addEventListener("abort", end, { signal: over.signal });
    });
    ended.catch(() => {});
    let result: DuckDBResult | null = null;
    try {
      // EXPLAIN ANALYZE executes what it explains; in this transaction that fails unless it reads.
      await connection.run("BEGIN TRANSACTION READ ONLY");
      const statement = await prepareReading(connection, sql);
      result = await statement.stream();
      const types = result.columnTypes();
      const columns = result.columnNames().map((name, i) => ({ name, type: String(types[i]) }));
      await Promise.race([answer.columns(columns), ended]);
      let left = maximumRows;
      for await (const rows of result.yieldConvertedRows(jsonConverter(duckdb))) {
        if (stopped !== null) throw new Error("Interrupted");
        await Promise.race([answer.rows(rows.slice(0, left)), ended]);
        left -= rows.length;
        if (left < 0) return { truncated: true };
      }
      return { truncated: false };
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      throw failure("QUERY_INVALID", { problem: stopped ?? reason(error) }, error);
    } finally {
      clearTimeout(timer);
      over.abort();
      // A result that was not read to its end keeps the whole store open until it is collected.
      connection.interrupt();
      await result?.fetchChunk().catch(() => {});
      connection.closeSync();
    }
  }

  return {
    async run(sql, values = []) {
      const result = await own.run(sql, [...values]);
      return result.getRows();
    },
    async read(question, answer) {
      // One that began now would be overlooked, and keep the file.
      if (ending.signal.aborted) throw failure("QUERY_INVALID", { problem: CLOSED });
      const reading = read(question, answer);
      const over: Promise<unknown> = reading.catch(() => {}).then(() => readings.delete(over));
      readings.add(over);
      return reading;
    },
    async close() {
      ending.abort();
      await Promise.all(readings);
      own.closeSync();
      instance.closeSync();
    },
  };
}

const CLOSED = "the store was closed meanwhile";

/** What DuckDB says of a file whose content is wrong; anything else may be a matter of rights, space or memory. */
const DAMAGE =
  /not a valid DuckDB database|could not read enough bytes|corrupt|checksum|serialization error|replaying wal/i;

export const isDamage = (error: unknown) => DAMAGE.test(reason(error));

function openingProblem(file: string, error: unknown): GatewayError {
  const problem = reason(error).split("\n", 1)[0]!;
  if (/could not set lock/i.test(problem)) return failure("STORE_LOCKED", { file }, error);
  return failure(isDamage(error) ? "STORE_DAMAGED" : "STORE_UNREADABLE", { file, problem }, error);
}

/** DuckDB's own JSON values, but times in ISO 8601 with a `Z`, and whole numbers as numbers where they fit. */
function jsonConverter({ DuckDBTypeId, JsonDuckDBValueConverter }: typeof import("@duckdb/node-api")) {
  const whole = new Set([
    DuckDBTypeId.BIGINT,
    DuckDBTypeId.UBIGINT,
    DuckDBTypeId.HUGEINT,
    DuckDBTypeId.UHUGEINT,
  ]);
  type Converter = typeof JsonDuckDBValueConverter;
  const convert: Converter = (value: DuckDBValue, type: DuckDBType, inner: Converter) => {
    if (value === null) return null;
    if (whole.has(type.typeId)) return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    if (type.typeId === DuckDBTypeId.DECIMAL) return Number(String(value));
    if (type.typeId === DuckDBTypeId.TIMESTAMP_TZ) {
      const { micros } = value as { micros: bigint };
      const milliseconds = Number(micros / 1000n);
      // Beyond what a Date can hold lie only infinity and the like.
      return Math.abs(milliseconds) > 8.64e15 ? String(value) : new Date(milliseconds).toISOString();
    }
    return JsonDuckDBValueConverter(value, type, inner);
  };
  return convert;
}
