import { readFile } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { escape as escaped, HttpError, InfluxDB } from "@influxdata/influxdb-client";
import { z } from "zod";
import { failure, type GatewayError, reason } from "../../errors.ts";
import { withoutCredentials } from "../../log.ts";
import { isLoopback, revealSecret, secret } from "../../options.ts";
import type { Point, Refused, Sink } from "../sink.ts";

const url = z
  .url({ protocol: /^https?$/ })
  .describe("Where InfluxDB listens, such as http://influx.school.example:8086.");

const caFile = z
  .string()
  .min(1)
  .optional()
  .describe("PEM file of the authority that signed InfluxDB's certificate; the system's if left out.");

export const influxOptions = z.discriminatedUnion("version", [
  z.strictObject({
    version: z
      .literal("1")
      .describe("InfluxDB 1.x, or 2.x by a user that `influx v1 auth create` has made there."),
    url,
    caFile,
    database: z
      .string()
      .regex(/^[\w.-]+$/)
      .default("focus")
      .describe("Database; created if it is missing and the user may."),
    username: z.string().min(1).optional().describe("User who may write to the database."),
    password: secret().optional().describe("That user's password."),
  }),
  z.strictObject({
    version: z.literal("2").describe("InfluxDB 2.x."),
    url,
    caFile,
    org: z.string().min(1).describe("Organisation, by name or id."),
    bucket: z.string().min(1).describe("Bucket that the points go to."),
    token: secret().describe("Token that may write to the bucket."),
  }),
]);
export type InfluxOptions = z.output<typeof influxOptions>;

const TIMEOUT_MS = 20_000;
const COMPRESS_FROM_BYTES = 1_000;
const LONGEST_WISH_MS = 15 * 60_000;

/**
 * InfluxDB 1.x and 2.x. The official client formats and carries; its WriteApi is left alone, for it drops what is
 * answered with 401 and gives up after three minutes, while our points wait in the journal. With `rollUp` into the
 * retention policy, or the bucket, of that name.
 */
export async function openInflux(options: InfluxOptions, rollUp?: "lessons"): Promise<Sink> {
  const shown = withoutCredentials(options.url);
  const { ask, close } = await connect(options);
  const where = writePath(options, rollUp);
  const post = (path: string, body: string) =>
    ask(path, { method: "POST", type: "text/plain; charset=utf-8", body });

  /** Writes what it is given, halving where the answer says that not all of it can be taken. */
  async function send(points: readonly Point[], mayCreate = true): Promise<Refused[]> {
    try {
      await post(where, points.map(toLine).join("\n"));
      return [];
    } catch (error) {
      const verdict = judge(error, shown);
      if (verdict === "missing" && options.version === "1" && mayCreate) {
        await createDatabase(options.database);
        return send(points, false);
      }
      if (verdict === "missing") throw failure("INFLUX_REFUSED", { url: shown, status: 404 }, error);
      if (verdict !== "halve") throw verdict;
      if (points.length === 0) return []; // It listened, knew us, and found nothing to write.
      if (points.length === 1) return [{ point: points[0]!, why: reason(error) }];
      // Writing twice changes nothing, so the good half may well have been in the database already.
      const middle = points.length >> 1;
      return [
        ...(await send(points.slice(0, middle), mayCreate)),
        ...(await send(points.slice(middle), mayCreate)),
      ];
    }
  }

  async function createDatabase(database: string): Promise<void> {
    try {
      await post(`/query?q=${encodeURIComponent(`CREATE DATABASE "${database}"`)}`, "");
    } catch (error) {
      const verdict = judge(error, shown);
      if (typeof verdict !== "string") throw verdict;
      throw failure("INFLUX_REFUSED", { url: shown, status: statusOf(error) ?? 0 }, error);
    }
  }

  return {
    name: "influx",
    write: (points) => send(points),
    async close() {
      close();
    },
  };
}

export interface Connection {
  /** What came back: JSON as a value. Rejects with the client's HttpError where the status is not 2xx. */
  ask(path: string, request: { method: string; type?: string; body?: string }): Promise<unknown>;
  close(): void;
}

/** One InfluxDB, asked as the user or token that the options name; only certificates of their authority are believed. */
export async function connect(options: InfluxOptions): Promise<Connection> {
  const { protocol, hostname } = new URL(options.url);
  const agent = new (protocol === "https:" ? https : http).Agent({
    keepAlive: true,
    maxSockets: 2,
    ...(options.caFile !== undefined && { ca: await readFile(options.caFile) }),
  });
  const { transport } = new InfluxDB({
    url: options.url,
    timeout: TIMEOUT_MS,
    transportOptions: { agent },
    ...(options.version === "2" ? { token: revealSecret(options.token) } : { headers: basicAuth(options) }),
  });
  return {
    ask: (path, { method, type = "application/json", body = "" }) =>
      transport.request(path, body, {
        method,
        headers: { "content-type": type },
        // On one machine there is no line to spare, and both ends would only work more.
        gzipThreshold: isLoopback(hostname) ? Number.POSITIVE_INFINITY : COMPRESS_FROM_BYTES,
      }),
    close: () => agent.destroy(),
  };
}

function writePath(options: InfluxOptions, rollUp: string | undefined): string {
  const [path, place] =
    options.version === "1"
      ? ["/write", { db: options.database, ...(rollUp && { rp: rollUp }) }]
      : ["/api/v2/write", { org: options.org, bucket: options.bucket + (rollUp ? `_${rollUp}` : "") }];
  return `${path}?${new URLSearchParams({ ...place, precision: "ms" })}`;
}

/** Asks whether points would be taken, without writing any. Rejects with INFLUX_UNREACHABLE or INFLUX_REFUSED. */
export async function probeInflux(options: InfluxOptions): Promise<void> {
  const sink = await openInflux(options);
  await sink.write([]).finally(() => sink.close());
}

function basicAuth(options: Extract<InfluxOptions, { version: "1" }>): Record<string, string> {
  if (options.username === undefined) return {};
  const password = options.password === undefined ? "" : revealSecret(options.password);
  return { authorization: `Basic ${Buffer.from(`${options.username}:${password}`).toString("base64")}` };
}

/**
 * Line protocol, as the official client's `Point` writes it (a test compares them) at a third of its price. Names need
 * no escaping: `points.ts` lets only plain ones through. Every number is a float: a field that was once an integer
 * would refuse 0.5 for ever.
 */
export function toLine({ measurement, tags, fields, time }: Point): string {
  let line: string = measurement;
  for (const [name, value] of Object.entries(tags))
    if (value !== "") line += `,${name}=${escaped.tag(value)}`;
  let separator = " ";
  for (const [name, value] of Object.entries(fields)) {
    if (value === null) continue;
    line += `${separator}${name}=${fieldText(value)}`;
    separator = ",";
  }
  return `${line} ${time}`;
}

function fieldText(value: string | number | boolean): string {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? escaped.quoted(value) : value ? "T" : "F";
}

/** Of an answer that was not 2xx; null when there was none. */
export const statusOf = (error: unknown) => (error instanceof HttpError ? error.statusCode : null);

/** What an answer means: halve and try again, make the database, or wait (an error to reject with). */
function judge(error: unknown, url: string): "halve" | "missing" | GatewayError {
  const status = statusOf(error);
  if (!(error instanceof HttpError) || status === null) return failure("INFLUX_UNREACHABLE", { url }, error);
  if (status === 413 || status === 422) return "halve";
  // InfluxDB says what is wrong with a point in JSON. A proxy's 400 is nobody's fault but the address's.
  if (status === 400 && error.json) return "halve";
  if (status === 404) return "missing";
  const problem = failure("INFLUX_REFUSED", { url, status }, error);
  if (status === 429 || status === 503) return Object.assign(problem, retryAfter(error));
  return problem;
}

/** RFC 9110: Retry-After is in seconds. (The client hands the number on as it is.) */
function retryAfter(error: HttpError): { retryAfterMs?: number } {
  const seconds = error.retryAfter();
  return seconds > 0 ? { retryAfterMs: Math.min(seconds * 1000, LONGEST_WISH_MS) } : {};
}
