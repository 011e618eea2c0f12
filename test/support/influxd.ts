import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { freePort, temporaryFolder } from "./places.ts";
import { findProgram, start, stop, until } from "./programs.ts";

export const hasInflux = findProgram("influxd") !== null;

export interface Influx {
  readonly url: string;
  readonly port: number;
  readonly database: string;
  readonly pid: number;
  /** For the gateway's config. */
  readonly options: object;
  /** Who asks, where it has to be said. */
  readonly headers: Readonly<Record<string, string>>;
  /** The same server, with another database, empty. */
  another(database: string): Promise<Influx>;
  /** Rows of an InfluxQL query, with tags and columns by name and `time` in milliseconds. */
  query(influxql: string): Promise<Array<Record<string, unknown>>>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** A real InfluxDB 1.x on loopback in a folder of its own, with the database `focus`. */
export async function startInflux(
  options: { port?: number; folder?: string; auth?: boolean } = {},
): Promise<Influx> {
  const program = findProgram("influxd");
  if (!program) throw new Error("influxd is not installed");
  const folder = options.folder ?? (await temporaryFolder());
  const port = options.port ?? (await freePort());
  const rpc = await freePort();
  for (const part of ["meta", "data", "wal"]) await mkdir(path.join(folder, part), { recursive: true });
  const config = path.join(folder, "influxdb.conf");
  await writeFile(
    config,
    `reporting-disabled = true
bind-address = "127.0.0.1:${rpc}"
[meta]
  dir = "${folder}/meta"
[data]
  dir = "${folder}/data"
  wal-dir = "${folder}/wal"
  index-version = "tsi1"
  query-log-enabled = false
[http]
  bind-address = "127.0.0.1:${port}"
  auth-enabled = ${options.auth === true}
  log-enabled = false
[monitor]
  store-enabled = false
`,
  );
  const { child, said } = start(program, ["run", "-config", config]);
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${url}/ping`).then(
        (answer) => (answer.ok ? true : undefined),
        () => undefined,
      ),
    20,
    "influxd to answer",
  ).catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  const database = "focus";
  const ask = async (q: string) => {
    const answer = await fetch(`${url}/query?db=${database}&epoch=ms`, {
      method: "POST",
      body: new URLSearchParams({ q }),
    });
    return (await answer.json()) as {
      results?: Array<{ series?: Series[]; error?: string }>;
      error?: string;
    };
  };
  if (!options.auth) await ask(`CREATE DATABASE ${database}`);
  const influx: Influx = {
    ...{ url, port, database, pid: child.pid!, headers: {} },
    options: { version: "1", url },
    async another(database) {
      await ask(`CREATE DATABASE "${database}"`);
      return { ...influx, database, options: { version: "1", url, database } };
    },
    async query(influxql) {
      const { results = [], error } = await ask(influxql);
      const problem = error ?? results.find((result) => result.error)?.error;
      if (problem) throw new Error(`${influxql}: ${problem}`);
      return results.flatMap((result) => (result.series ?? []).flatMap(rowsOf));
    },
    stop: (signal) => stop(child, signal),
  };
  return influx;
}

export interface Series {
  readonly tags?: Record<string, string>;
  readonly columns: string[];
  readonly values: unknown[][];
}

export function rowsOf({ tags, columns, values }: Series): Array<Record<string, unknown>> {
  return values.map((row) => ({
    ...tags,
    ...Object.fromEntries(columns.map((column, index) => [column, row[index]])),
  }));
}
