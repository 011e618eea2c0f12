import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { type ErrorCode, failure, GatewayError } from "../../errors.ts";
import { type Column, openDatabase, type Question } from "../duckdb.ts";
import { storeFile } from "../sinks/embedded.ts";
import { type AnswerLine, socketFile } from "./question.ts";

export interface Table {
  readonly columns: readonly Column[];
  /** JSON values: times are ISO 8601 in UTC, whole numbers beyond 2⁵³ and numbers that are not finite are texts. */
  readonly rows: unknown[][];
  /** Whether there were more rows than `maximumRows`. */
  readonly truncated: boolean;
}

export interface QueryOptions {
  readonly dataFolder: string;
  readonly sql: string;
  readonly maximumRows?: number;
  readonly timeoutSeconds?: number;
}

/**
 * Asks the embedded store: the running gateway, if there is one, else the file itself, without changing it.
 * Rejects with STORE_MISSING, STORE_LOCKED (by something other than a gateway), STORE_UNREADABLE or QUERY_INVALID.
 */
export async function queryStore({
  dataFolder,
  sql,
  maximumRows = 100_000,
  timeoutSeconds = 60,
}: QueryOptions): Promise<Table> {
  const question: Question = { sql, maximumRows, timeoutSeconds };
  const socket = await reach(socketFile(dataFolder));
  return socket ? askGateway(socket, question) : askFile(storeFile(dataFolder), question);
}

async function askFile(file: string, question: Question): Promise<Table> {
  const database = await openDatabase(file, { readOnly: true });
  try {
    let columns: readonly Column[] = [];
    const rows: unknown[][] = [];
    const { truncated } = await database.read(question, {
      async columns(given) {
        columns = given;
      },
      async rows(given) {
        for (const row of given) rows.push(row);
      },
    });
    return { columns, rows, truncated };
  } finally {
    await database.close();
  }
}

/** A connection to the running gateway; null when none runs (no socket, or one that a crash left behind). */
function reach(file: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(file);
    socket.once("connect", () => resolve(socket));
    socket.once("error", () => resolve(null));
  });
}

async function askGateway(socket: Socket, question: Question): Promise<Table> {
  let columns: readonly Column[] = [];
  const rows: unknown[][] = [];
  try {
    socket.write(`${JSON.stringify(question)}\n`);
    for await (const text of createInterface({ input: socket, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = JSON.parse(text) as AnswerLine;
      if ("columns" in line) columns = line.columns;
      else if ("rows" in line) for (const row of line.rows) rows.push(row);
      else if ("end" in line) return { columns, rows, truncated: line.end.truncated };
      else throw new GatewayError(line.error.code as ErrorCode, line.error.message);
    }
    throw new Error("the connection ended");
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failure("QUERY_INVALID", { problem: "the gateway stopped before it had answered" }, error);
  } finally {
    socket.destroy();
  }
}
