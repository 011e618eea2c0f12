import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { limitAttempts } from "../attempts.ts";
import { systemClock } from "../clock.ts";
import { failure } from "../errors.ts";
import type { Logger } from "../log.ts";
import { loopback, port, revealSecret, secret } from "../options.ts";
import { checkExposure, readTls, renewTls, tlsOptions } from "../tls.ts";
import { Metrics } from "./metrics.ts";
import type { StatusReport } from "./report.ts";

export const healthOptions = z.strictObject({
  enabled: z.boolean().default(true).describe("Whether to answer /healthz, /readyz and /metrics."),
  host: z.string().default(loopback).describe("Address to listen on."),
  port: port().default(8080).describe("Port to listen on."),
  tls: tlsOptions.optional().describe("Answer by HTTPS; needed as soon as `host` is not loopback."),
  token: secret()
    .optional()
    .describe("Bearer token that /readyz and /metrics ask for; needed as soon as `host` is not loopback."),
});

export type HealthOptions = z.infer<typeof healthOptions>;

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers whether the gateway is alive (`/healthz`), ready and if not why (`/readyz`), and how it does (`/metrics`).
 * Throws PORT_IN_USE, EXPOSED_WITHOUT_CREDENTIALS, EXPOSED_WITHOUT_TLS, TLS_UNREADABLE, CONFIG_SECRET.
 */
export async function openHealthServer(
  options: HealthOptions,
  { report, log }: { report: () => Promise<StatusReport>; log: Logger },
): Promise<HealthServer> {
  const token = options.token === undefined ? undefined : revealSecret(options.token);
  const { tls } = options;
  checkExposure("show.health.host", options.host, { credentials: token !== undefined, tls });

  const metrics = new Metrics();
  const attempts = limitAttempts(systemClock);
  const hear = (request: IncomingMessage, response: ServerResponse) =>
    void answer(request, response).catch((error) => {
      log.error({ err: error }, "a health request failed");
      response.writeHead(500).end();
    });
  const material = tls && (await readTls(tls));
  const secure = material && createTlsServer(material, hear);
  const server = secure ?? createServer(hear);
  const renewing =
    secure &&
    renewTls(tls, material, secure, (error) =>
      log.warn({ err: error }, "the health server keeps its old certificate"),
    );

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const { pathname } = new URL(request.url ?? "/", "http://gateway");
    if (request.method !== "GET" && request.method !== "HEAD")
      return reply(response, 405, "text/plain", "only GET\n");
    // Liveness says nothing about the room, and container runtimes cannot send a header: no token asked.
    if (pathname === "/healthz") return reply(response, 200, "application/json", json({ status: "alive" }));
    if (pathname !== "/readyz" && pathname !== "/metrics")
      return reply(response, 404, "text/plain", "there are /healthz, /readyz and /metrics\n");
    const address = request.socket.remoteAddress ?? "";
    if (token && !attempts.may(address)) return reply(response, 429, "text/plain", "too many wrong tokens\n");
    if (token && !same(request.headers.authorization ?? "", `Bearer ${token}`)) {
      if (request.headers.authorization !== undefined) attempts.failed(address);
      response.setHeader("www-authenticate", "Bearer");
      return reply(response, 401, "text/plain", "a bearer token is needed\n");
    }
    const current = await report();
    if (pathname === "/metrics")
      return reply(response, 200, metrics.contentType, await metrics.text(current));
    const { lesson, cameras, sensors } = current;
    const ready = current.notReady.length === 0;
    return reply(
      response,
      ready ? 200 : 503,
      "application/json",
      json({ ready, reasons: current.notReady, lesson, cameras, sensors }),
    );
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const { host, port } = options;
      const busy = { host, port, purpose: "health and metrics", key: "show.health.port" };
      reject(error.code === "EADDRINUSE" ? failure("PORT_IN_USE", busy, error) : error);
    });
    server.listen(options.port, options.host, resolve);
  });

  return {
    url: `${tls ? "https" : "http"}://${options.host}:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        renewing?.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function reply(response: ServerResponse, status: number, type: string, body: string) {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(body);
}

const json = (value: unknown) => `${JSON.stringify(value)}\n`;

/** Compares without telling by its duration how much was right. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
