import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type Socket } from "node:net";
import type { AuthenticateError, Client } from "aedes";
import { z } from "zod";
import { failure, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { isLoopback, loopback, port, revealSecret, secret } from "../options.ts";
import { EVERYTHING, mayRead, mayWrite, type Rights } from "./access.ts";
import { awaitFirstPacket } from "./first-packet.ts";
import { boundPackets } from "./packet-size.ts";

const filters = () => z.array(z.string().min(1)).default(["#"]);

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
        read: filters().describe("Topic filters this user may subscribe to."),
        write: filters().describe("Topic filters this user may publish to, as a last will too."),
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
  /** A login for a part that needs less, made up likewise; empty when nobody needs one. */
  guest(name: string, rights: Rights): { readonly username?: string; readonly password?: string };
  clients(): number;
  /**
   * Shows every message to `see` before it is acknowledged. One that `see` rejects is not acknowledged, and the
   * connection it came over ends: its sender has it still.
   */
  witness(see: (topic: string, payload: Buffer) => Promise<void>): void;
  /** Ends every connection and stops listening. */
  close(): Promise<void>;
}

const NOTHING: Rights = { read: [], write: [] };
const BAD_USERNAME_OR_PASSWORD = 4; // [MQTT-3.2.2.3]
/** The recorder takes 64 KiB and the spool a mebibyte: nothing longer has a purpose here. */
const MOST_PACKET_BYTES = 1_200_000;
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
  const users = new Map<string, Rights & { readonly digest: Buffer }>(
    options.users.map(({ username, password, read, write }) => [
      username,
      { digest: digest(revealSecret(password)), read, write },
    ]),
  );
  if (login.username) users.set(login.username, { digest: digest(login.password), ...EVERYTHING });
  /** Of those who have been let in. */
  const rights = new WeakMap<Client, Rights>();
  let see: (topic: string, payload: Buffer) => Promise<void> = async () => {};

  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    drainTimeout: 10_000, // a subscriber that never reads holds up everybody, and is let go
    authenticate(client, username, password, done) {
      const user = users.size === 0 ? { digest: digest(""), ...EVERYTHING } : users.get(username ?? "");
      if (user && (users.size === 0 || timingSafeEqual(user.digest, digest(password ?? "")))) {
        rights.set(client, user);
        return done(null, true);
      }
      const refusal = { returnCode: BAD_USERNAME_OR_PASSWORD };
      done(Object.assign(new Error("wrong user name or password"), refusal) as AuthenticateError, false);
    },
    authorizeSubscribe(client, subscription, done) {
      const may = client && mayRead(rights.get(client) ?? NOTHING, subscription.topic);
      done(null, may ? subscription : null); // [MQTT-3.9.3] null becomes the return code 0x80
    },
    // Called for wills too. MQTT 3.1.1 has no other answer to a forbidden message than to hang up [MQTT-3.3.5-2].
    authorizePublish(client, { topic, payload }, done) {
      if (!client || !mayWrite(rights.get(client) ?? NOTHING, topic) || topic.startsWith("$"))
        return done(new Error(`${client?.id ?? "nobody"} may not publish to ${topic}`));
      see(topic, Buffer.from(payload)).then(
        () => done(null),
        (error) => done(error instanceof Error ? error : new Error(String(error))),
      );
    },
  });
  // Without a listener an error would end the process; aedes tells of wills it could not send this way.
  (aedes as unknown as NodeJS.EventEmitter).on("error", (error) => log.warn({ err: error }, reason(error)));
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
    if (wrong === null) {
      boundPackets(socket, MOST_PACKET_BYTES, (bytes) =>
        log.warn({ address, bytes }, "a client was turned away for a packet that is too large"),
      );
      return void aedes.handle(socket);
    }
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
    guest(name, rights) {
      if (users.size === 0) return {};
      const guest = { username: `focus-gateway-${name}`, password: randomBytes(24).toString("base64url") };
      users.set(guest.username, { digest: digest(guest.password), ...rights });
      return guest;
    },
    clients: () => aedes.connectedClients,
    witness(given) {
      see = given;
    },
    close() {
      closing ??= shut();
      return closing;
    },
  };
}

/** Of equal length whatever the password, as a comparison in constant time needs it. */
const digest = (text: string | Buffer): Buffer => createHash("sha256").update(text).digest();
