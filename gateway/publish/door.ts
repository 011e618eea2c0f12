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

/** A TLS handshake takes some round trips; who has not finished by then holds a place for nothing. */
const HANDSHAKE_MS = 10_000;

/** Rejects with PORT_IN_USE, TLS_UNREADABLE. */
export async function openDoor(
  { host, port, tls, connectionsPerAddress }: DoorOptions,
  letIn: (socket: Socket) => void,
  log: Logger,
): Promise<Door> {
  const sockets = new Set<Socket>();
  const perAddress = new Map<string, number>();

  /** Counts a connection from its first packet on, before any TLS. */
  function count(socket: Socket): void {
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
    if (open > connectionsPerAddress) turnAway(socket, address, "too many connections");
  }

  async function admit(socket: Socket): Promise<void> {
    const address = socket.remoteAddress ?? "";
    socket.on("error", () => {});
    const wrong = await awaitFirstPacket(socket);
    if (wrong !== null) return turnAway(socket, address, wrong);
    boundPackets(socket, MOST_PACKET_BYTES, (bytes) =>
      log.warn({ address, bytes }, "a client was turned away for a packet that is too large"),
    );
    letIn(socket);
  }

  function turnAway(socket: Socket, address: string, wrong: string): void {
    log.debug({ address }, `turned a connection away: ${wrong}`);
    socket.destroy();
  }

  const knock = (socket: Socket) => void (socket.destroyed || admit(socket));
  const plain = () => createServer().on("connection", count).on("connection", knock);
  const material = tls && (await readTls(tls));
  const secure =
    material &&
    createTlsServer({ ...material, handshakeTimeout: HANDSHAKE_MS }, knock).on("connection", count);
  const outer = secure ?? plain();
  // Our own parts would not find the certificate's name at 127.0.0.1.
  const inner = secure ? plain() : null;
  const shut = async () => {
    const shutting = [outer, inner].map(
      (server) => new Promise((resolve) => server?.close(resolve) ?? resolve(null)),
    );
    for (const socket of sockets) socket.destroy();
    await Promise.all(shutting);
  };
  try {
    await listen(outer, port, host);
    if (inner) await listen(inner, 0, loopback);
  } catch (error) {
    await shut();
    throw error;
  }
  const renewing =
    secure &&
    renewTls(tls, material, secure, (error) =>
      log.warn({ err: error }, "the broker keeps its old certificate"),
    );

  const actual = portOf(outer);
  // Whoever listens everywhere is reached by ourselves at home.
  const reachable = inner || host === "0.0.0.0" || host === "::" ? loopback : host;
  let closing: Promise<void> | undefined;
  return {
    url: `mqtt://${reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable}:${inner ? portOf(inner) : actual}`,
    port: actual,
    close() {
      renewing?.close();
      closing ??= shut();
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
