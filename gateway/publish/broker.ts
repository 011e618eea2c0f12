import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Socket } from "node:net";
import type { AuthenticateError } from "aedes";
import { z } from "zod";
import { failure } from "../errors.ts";
import type { Logger } from "../log.ts";
import { isLoopback, loopback, port, revealSecret, secret } from "../options.ts";
import { awaitFirstPacket } from "./first-packet.ts";

export const brokerOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .default(loopback)
    .describe("Address to listen on. Off loopback `users` are needed."),
  port: port().default(1883).describe("TCP port; 0 takes any free one."),
  users: z
    .array(
      z.strictObject({
        username: z.string().min(1).describe("User name."),
        password: secret().describe("Password."),
      }),
    )
    .default([])
    .describe("Who may connect. With none, everybody on this machine may, and nobody else."),
  connectionsPerAddress: z
    .int()
    .min(1)
    .default(64)
    .describe("Connections one address may have open, so that one broken device cannot shut the others out."),
});

/** The embedded broker: MQTT 3.1.1 over TCP, for a school that has none of its own. */
export interface Broker {
  readonly url: string;
  readonly port: number;
  /** What the gateway's own parts log in with; made up at each start, and empty when nobody needs to. */
  readonly login: { readonly username?: string; readonly password?: string };
  clients(): number;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

const BAD_USERNAME_OR_PASSWORD = 4; // [MQTT-3.2.2.3]
/** All addresses together, half-open ones included. */
const MOST_CONNECTIONS = 1024;

/** Rejects with PORT_IN_USE, or with EXPOSED_WITHOUT_CREDENTIALS before anything listens. */
export async function openBroker(options: z.output<typeof brokerOptions>, log: Logger): Promise<Broker> {
  const { host, connectionsPerAddress } = options;
  if (!isLoopback(host) && options.users.length === 0) {
    throw failure("EXPOSED_WITHOUT_CREDENTIALS", { key: "broker.host", host });
  }
  const login =
    options.users.length === 0
      ? {}
      : { username: "focus-gateway-itself", password: randomBytes(24).toString("base64url") };
  const passwords = new Map(
    options.users.map(({ username, password }) => [username, digest(revealSecret(password))]),
  );
  if (login.username) passwords.set(login.username, digest(login.password));

  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    drainTimeout: 30_000, // a subscriber that never reads is let go
    authenticate(_client, username, password, done) {
      if (passwords.size === 0) return done(null, true);
      const expected = passwords.get(username ?? "");
      const given = digest(password ?? "");
      if (expected && timingSafeEqual(expected, given)) return done(null, true);
      done(
        Object.assign(new Error("wrong user name or password"), {
          returnCode: BAD_USERNAME_OR_PASSWORD,
        }) as AuthenticateError,
        false,
      );
    },
  });
  aedes.on("clientError", (client, error) => log.debug({ client: client.id, err: error }, "a client failed"));
  aedes.on("connectionError", (_client, error) => log.debug({ err: error }, "a connection failed"));

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
    if (wrong === null) return void aedes.handle(socket);
    log.debug({ address }, `turned a connection away: ${wrong}`);
    socket.destroy();
  }

  const server = createServer((socket) => void admit(socket));
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, host, resolve);
  }).catch((error: NodeJS.ErrnoException) => {
    aedes.close();
    if (error.code !== "EADDRINUSE") throw error;
    throw failure(
      "PORT_IN_USE",
      { host, port: options.port, purpose: "the embedded broker", key: "broker.port" },
      error,
    );
  });
  const address = server.address();
  const actual = typeof address === "object" && address ? address.port : options.port;
  // Whoever listens everywhere is reached by ourselves at home.
  const reachable = host === "0.0.0.0" || host === "::" ? loopback : host;

  let closing: Promise<void> | undefined;
  async function shut(): Promise<void> {
    const listening = new Promise((resolve) => server.close(resolve));
    await new Promise<void>((resolve) => aedes.close(resolve));
    for (const socket of sockets) socket.destroy();
    await listening;
  }

  return {
    url: `mqtt://${reachable.includes(":") && !reachable.startsWith("[") ? `[${reachable}]` : reachable}:${actual}`,
    port: actual,
    login,
    clients: () => aedes.connectedClients,
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

/** Of equal length whatever the password, as a comparison in constant time needs it. */
const digest = (text: string | Buffer): Buffer => createHash("sha256").update(text).digest();
