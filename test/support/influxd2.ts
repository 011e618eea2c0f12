import path from "node:path";
import type { Influx } from "./influxd.ts";
import { rowsOf, type Series } from "./influxd.ts";
import { freePort, temporaryFolder } from "./places.ts";
import { findProgram, isListening, start, stop, until } from "./programs.ts";

/** Debian has none: InfluxDB 2.x's own `influxd`, put on PATH under this name. */
const PROGRAM = findProgram("influxd2");
export const hasInflux2 = PROGRAM !== null;

export interface Influx2 extends Influx {
  readonly org: string;
  readonly bucket: string;
  /** May do everything. */
  readonly token: string;
  /** What the API answers; throws where it is not 2xx. */
  call<T = unknown>(path: string, method?: string, body?: object, token?: string): Promise<T>;
  /** Rows of a Flux query, each column as text. */
  flux(query: string): Promise<Array<Record<string, string>>>;
}

/** What it is told of a folder and a port. */
const argumentsOf = (folder: string, port: number) => [
  "run",
  ...["bolt", "sqlite", "engine"].flatMap((what) => [`--${what}-path`, path.join(folder, what)]),
  "--reporting-disabled",
  "--http-bind-address",
  `127.0.0.1:${port}`,
];

/** The database that lies in a folder, over TLS as the compose file has it. Answers when it listens. */
export async function startInflux2OverTls(folder: string, certificate: string, key: string) {
  const port = await freePort();
  const { child, said } = start(PROGRAM!, [
    ...argumentsOf(folder, port),
    ...["--tls-cert", certificate, "--tls-key", key, "--tls-min-version", "1.2", "--tls-strict-ciphers"],
  ]);
  await until(() => isListening(port), 30, "influxd2 to listen").catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  return { url: `https://127.0.0.1:${port}`, stop: () => stop(child) };
}

/** A real InfluxDB 2.x on loopback in a folder of its own, with the bucket `focus`, which InfluxQL knows as the database `focus`. */
export async function startInflux2({
  folder,
  token = "a-token-that-may-do-everything",
  mapped = true,
}: {
  folder?: string;
  token?: string;
  /** Whether InfluxQL finds the bucket already. */
  mapped?: boolean;
} = {}): Promise<Influx2> {
  if (!PROGRAM) throw new Error("influxd2 is not installed");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const { child, said } = start(PROGRAM, argumentsOf(folder ?? (await temporaryFolder()), port));
  await until(
    () =>
      fetch(`${url}/health`).then(
        (answer) => (answer.ok ? true : undefined),
        () => undefined,
      ),
    30,
    "influxd2 to answer",
  ).catch((error) => {
    throw new Error(`${error.message}: ${said()}`);
  });
  const [org, bucket] = ["school", "focus"];

  async function ask(where: string, init: RequestInit, as = token): Promise<string> {
    const headers = { authorization: `Token ${as}`, ...init.headers };
    const answer = await fetch(`${url}${where}`, { ...init, headers });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${where}: ${answer.status} ${text}`);
    return text;
  }
  const call = async <T>(where: string, method = "GET", body?: object, as = token): Promise<T> => {
    const type = { "content-type": "application/json" };
    const text = await ask(where, { method, headers: type, ...(body && { body: JSON.stringify(body) }) }, as);
    return (text === "" ? {} : JSON.parse(text)) as T;
  };
  const made = await call<{ bucket: { id: string }; org: { id: string } }>("/api/v2/setup", "POST", {
    ...{ org, bucket, token },
    ...{ username: "admin", password: "for-this-test-only" },
  });
  /** InfluxQL finds a bucket by the name of a database and a retention policy. */
  const map = (database: string, bucketID: string) => {
    const place = { orgID: made.org.id, bucketID, database, retention_policy: "autogen", default: true };
    return call("/api/v2/dbrps", "POST", place);
  };
  if (mapped) await map(bucket, made.bucket.id);

  const options = { version: "2", url, org, bucket, token };
  const influx: Influx2 = {
    ...{ url, port, org, bucket, token, call, database: bucket, pid: child.pid! },
    options,
    headers: { authorization: `Token ${token}` },
    async another(database) {
      const { id } = await call<{ id: string }>("/api/v2/buckets", "POST", {
        ...{ orgID: made.org.id, name: database, retentionRules: [] },
      });
      await map(database, id);
      return { ...influx, database, options: { ...options, bucket: database } };
    },
    async query(influxql) {
      const body = new URLSearchParams({ q: influxql });
      const text = await ask(`/query?db=${bucket}&epoch=ms`, { method: "POST", body });
      const { results = [] } = JSON.parse(text) as { results?: { series?: Series[]; error?: string }[] };
      const problem = results.find(({ error }) => error)?.error;
      if (problem) throw new Error(`${influxql}: ${problem}`);
      return results.flatMap((result) => (result.series ?? []).flatMap(rowsOf));
    },
    async flux(query) {
      const headers = { "content-type": "application/vnd.flux", accept: "application/csv" };
      const text = await ask(`/api/v2/query?org=${org}`, { method: "POST", headers, body: query });
      // Tables, each with its own header, an empty line between them.
      return text
        .trim()
        .split(/\r?\n\r?\n/)
        .filter((table) => table !== "")
        .flatMap((table) => {
          const [names, ...rows] = table.split(/\r?\n/).map((line) => line.split(","));
          return rows.map((row) => Object.fromEntries(names!.map((name, i) => [name, row[i] ?? ""])));
        });
    },
    stop: (signal) => stop(child, signal),
  };
  return influx;
}
