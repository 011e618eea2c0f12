import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { failure } from "../errors.ts";
import type { Logger } from "../log.ts";
import { loopback } from "../options.ts";
import { readTls, renewTls, type TlsOptions } from "../tls.ts";
import { awaitFirstPacket } from "./first-packet.ts";
import { boundPackets } from "./packet-size.ts";

export interface DoorOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: TlsOptions | undefined;
  readonly connectionsPerAddress: number;
}

/** Where the embedded broker lets connections in, so many and no more, and only those that begin as they should. */
export interface Door {
  /** Where the gateway's own parts come in: never over TLS, always at home. */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** The recorder takes 64 KiB and the spool a mebibyte: nothing longer has a purpose here. */
const MOST_PACKET_BYTES = 1_200_000;
/** All addresses together, half-open ones included. */
const MOST_CONNECTIONS = 1024;

/** Rejects with PORT_IN_USE, TLS_UNREADABLE. */
export async function openDoor(
  { host, port, tls, connectionsPerAddress }: DoorOptions,
  letIn: (socket: Socket) => void,
  log: Logger,
): Promise<Door> {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();

  async function admit(socket: Socket): Promise<void> {
    const address = socket.remoteAddress ?? "";
    const open = (perAddress.get(address) ?? 0) + 1;
    perAddress.set(address, open);
    sockets.add(socket);
    socket.on("error", () => {}); // a connection reset is no news; "close" follows
    socket.once("close", () => {
      sockets.delete(socket);
      const left = perAddress.get(address)! - 1;
      if (left === 0) perAddress.delete(address);
      else perAddress.set(address, left);
    });
    const wrong = open > connectionsPerAddress ? "too many connections" : await awaitFirstPacket(socket);
    if (wrong === null) {
      boundPackets(socket, MOST_PACKET_BYTES, (bytes) =>
        log.warn({ address, bytes }, "a client was turned away for a packet that is too large"),
      );
      return letIn(socket);
    }
    log.debug({ address }, `turned a connection away: ${wrong}`);
    socket.destroy();
  }

  const knock = (socket: Socket) => void admit(socket);
  const outer = tls ? createTlsServer(await readTls(tls), knock) : createServer(knock);
  // Our own parts would not find the certificate's name at 127.0.0.1.
  const inner = tls ? createServer(knock) : null;
  const renewing =
    tls && "setSecureContext" in outer
      ? renewTls(tls, outer, (error) => log.warn({ err: error }, "the broker keeps its old certificate"))
      : null;
  await listen(outer, port, host);
  if (inner) await listen(inner, 0, loopback);

  const actual = portOf(outer);
  // Whoever listens everywhere is reached by ourselves at home.
  const reachable = inner || host === "0.0.0.0" || host === "::" ? loopback : host;
  let closing: Promise<void> | undefined;
  return {
    url: `mqtt://${reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable}:${inner ? portOf(inner) : actual}`,
    port: actual,
    close() {
      closing ??= (async () => {
        renewing?.close();
        const shut = [outer, ...(inner ? [inner] : [])].map(
          (server) => new Promise((resolve) => server.close(resolve)),
        );
        for (const socket of sockets) socket.destroy();
        await Promise.all(shut);
      })();
      return closing;
    },
  };
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function listen(server: Server, port: number, host: string): Promise<void> {
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw failure("PORT_IN_USE", { host, port, purpose: "the embedded broker", key: "broker.port" }, error);
  });
}
