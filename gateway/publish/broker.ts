import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { AuthenticateError, Client } from "aedes";
import { z } from "zod";
import { limitAttempts } from "../attempts.ts";
import { systemClock } from "../clock.ts";
import { reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { loopback, port, revealSecret, secret } from "../options.ts";
import { checkExposure, tlsOptions } from "../tls.ts";
import { EVERYTHING, mayRead, mayWrite, type Rights } from "./access.ts";
import { openClientIds } from "./client-ids.ts";
import { openDoor } from "./door.ts";

const filters = () => z.array(z.string().min(1)).default(["#"]);

export const brokerOptions = z.strictObject({
  host: z
    .string()
    .min(1)
    .default(loopback)
    .describe("Address to listen on. Off loopback `users` and `tls` are needed."),
  port: port().default(1883).describe("TCP port; 0 takes any free one."),
  tls: tlsOptions
    .optional()
    .describe(
      "Listen with TLS. The gateway's own parts then use a second port, on loopback, that is any free one.",
    ),
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
// [MQTT-3.2.2.3]
const IDENTIFIER_REJECTED = 2;
const BAD_USERNAME_OR_PASSWORD = 4;
const refusal = (returnCode: number, says: string) =>
  Object.assign(new Error(says), { returnCode }) as AuthenticateError;

/**
 * Rejects with PORT_IN_USE, TLS_UNREADABLE, or with EXPOSED_WITHOUT_CREDENTIALS or EXPOSED_WITHOUT_TLS before anything
 * listens.
 */
export async function openBroker(options: z.output<typeof brokerOptions>, log: Logger): Promise<Broker> {
  checkExposure("broker.host", options.host, { credentials: options.users.length > 0, tls: options.tls });
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
  /** Names whose passwords were made up here: nobody guesses those, and nobody else's guesses may shut them out. */
  const own = new Set(login.username ? [login.username] : []);
  const attempts = limitAttempts(systemClock);
  const ids = openClientIds();
  /** Of those who have been let in. */
  const rights = new WeakMap<Client, Rights>();
  let see: (topic: string, payload: Buffer) => Promise<void> = async () => {};

  const { Aedes } = await import("aedes");
  const aedes = await Aedes.createBroker({
    connectTimeout: 10_000,
    drainTimeout: 10_000, // a subscriber that never reads holds up everybody, and is let go
    authenticate(client, username, password, done) {
      if (users.size === 0) {
        rights.set(client, EVERYTHING);
        return done(null, true);
      }
      const name = username ?? "";
      const whence = `${(client.conn as Socket).remoteAddress} ${name}`;
      const user = users.get(name);
      const may = own.has(name) || attempts.may(whence);
      if (!may || !user || !timingSafeEqual(user.digest, digest(password ?? ""))) {
        if (!own.has(name)) attempts.failed(whence);
        return done(refusal(BAD_USERNAME_OR_PASSWORD, "wrong user name or password"), false);
      }
      if (!ids.claim(client, name, own.has(name)))
        return done(refusal(IDENTIFIER_REJECTED, `the client id ${client.id} is another user's`), false);
      rights.set(client, user);
      done(null, true);
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

  const door = await openDoor(options, (socket) => void aedes.handle(socket), log).catch((error) => {
    aedes.close();
    throw error;
  });
  let closing: Promise<void> | undefined;

  return {
    url: door.url,
    port: door.port,
    login,
    guest(name, rights) {
      if (users.size === 0) return {};
      const guest = { username: `focus-gateway-${name}`, password: randomBytes(24).toString("base64url") };
      own.add(guest.username);
      users.set(guest.username, { digest: digest(guest.password), ...rights });
      return guest;
    },
    clients: () => aedes.connectedClients,
    witness(given) {
      see = given;
    },
    close() {
      closing ??= new Promise<void>((resolve) => aedes.close(resolve)).then(() => door.close());
      return closing;
    },
  };
}

/** Of equal length whatever the password, as a comparison in constant time needs it. */
const digest = (text: string | Buffer): Buffer => createHash("sha256").update(text).digest();
