import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";

/** What the door does with one write. */
export type Mood =
  | { readonly kind: "open" }
  /** Answers with this status instead of letting it through. */
  | { readonly kind: "status"; readonly status: number; readonly retryAfter?: number }
  /** 413 for what has more lines than this. */
  | { readonly kind: "atMost"; readonly lines: number }
  /** Lets it through, and keeps the answer back for so long. */
  | { readonly kind: "late"; readonly milliseconds: number }
  /** Lets it through, and cuts the connection before the answer. */
  | { readonly kind: "cut" };

export interface Door {
  readonly url: string;
  /** When writes came, in milliseconds of `performance.now()`. */
  readonly writes: number[];
  close(): Promise<void>;
}

/**
 * Stands before a real InfluxDB and spoils what passes through, as proxies, networks and busy servers do. `onWrite` is
 * shown the lines that InfluxDB has taken.
 */
export async function openDoor(
  target: string,
  mood: (write: number) => Mood,
  onWrite: (lines: readonly string[]) => void = () => {},
): Promise<Door> {
  const writes: number[] = [];
  const { hostname, port } = new URL(target);

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const isWrite = incoming.url?.startsWith("/write") === true;
    const now = isWrite ? mood(writes.push(performance.now()) - 1) : ({ kind: "open" } as const);
    if (now.kind === "status") {
      const headers = now.retryAfter === undefined ? {} : { "retry-after": String(now.retryAfter) };
      outgoing.writeHead(now.status, { ...headers, "content-type": "application/json" });
      return void outgoing.end('{"error":"the door says no"}');
    }
    if (now.kind === "atMost" && linesIn(incoming, body).length > now.lines) {
      outgoing.writeHead(413, { "content-type": "application/json" });
      return void outgoing.end('{"error":"too large"}');
    }
    const { status, answer, type } = await forward(incoming, body);
    if (isWrite && status < 300) onWrite(linesIn(incoming, body));
    if (now.kind === "cut") return void incoming.socket.destroy();
    if (now.kind === "late") await new Promise((resolve) => setTimeout(resolve, now.milliseconds));
    outgoing.writeHead(status, { "content-type": type });
    outgoing.end(answer);
  }

  function forward(incoming: IncomingMessage, body: Buffer) {
    return new Promise<{ status: number; answer: Buffer; type: string }>((resolve, reject) => {
      const { method, url, headers } = incoming;
      const onward = request({
        hostname,
        port,
        method,
        path: url,
        headers: { ...headers, host: `${hostname}:${port}` },
      });
      onward.on("error", reject);
      onward.on("response", async (response) => {
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer);
        const type = response.headers["content-type"] ?? "text/plain";
        resolve({ status: response.statusCode ?? 500, answer: Buffer.concat(parts), type });
      });
      onward.end(body);
    });
  }

  const server = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function linesIn(incoming: IncomingMessage, body: Buffer): string[] {
  const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
  return text.toString().split("\n");
}
