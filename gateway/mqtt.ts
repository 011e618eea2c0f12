import { TLSSocket } from "node:tls";
import { connect, type IPublishPacket, type MqttClient } from "mqtt";
import { systemClock } from "./clock.ts";
import { failure, type GatewayError, reason } from "./errors.ts";
import { type Inbox, openInbox } from "./inbox.ts";
import { type Logger, withoutCredentials } from "./log.ts";
import { clientOptions, KEEPALIVE_SECONDS, type MqttOptions, refusalOf } from "./mqttOptions.ts";
import { type Outbox, openOutbox } from "./outbox.ts";
import type { Clock } from "./terms.ts";

export type { MqttOptions } from "./mqttOptions.ts";

/**
 * The one door to MQTT: publishes, subscribes, and finds its own way back to a broker that went away.
 *
 * Every connection is a new mqtt.js client that is thrown away when it ends, and nothing is ever left for the client
 * to send later: of 70,000 messages given to an offline mqtt.js 4,465 vanished without a word, because its 16-bit
 * packet ids wrap. What could not be sent is rejected at once, and stays the caller's.
 */
export interface MqttConnection {
  readonly connected: boolean;
  /** Connected, and the broker has answered every `subscribe`, if only to refuse it. */
  readonly subscribed: boolean;
  /** When the certificate runs out that the broker showed last, in ms since the epoch; null without TLS. */
  readonly certificateUntil: number | null;
  /** QoS 1; resolves on PUBACK. Rejects when there is no connection, or when it ends before the PUBACK. */
  publish(topic: string, payload: string, options: { retain: boolean }): Promise<void>;
  /**
   * QoS 1, and again at each reconnect when the broker kept no session. Resolves once granted, or at once while
   * offline. Rejects with BROKER_REFUSED when the broker does not grant it.
   */
  subscribe(filter: string): Promise<void>;
  /**
   * Who receives what was subscribed to, `handleAtOnce` messages at a time: PUBACK goes out when the promise and those
   * before it have resolved. A handler that rejects ends the connection, and after reconnecting the broker sends the
   * message again (if `cleanSession` is false). Set it before the connection is up: in the turn of `connectMqtt`.
   */
  onMessage(handler: MessageHandler): void;
  /** Told of changes only, never of each attempt. The problem is BROKER_UNREACHABLE or BROKER_REFUSED. */
  onState(handler: (state: MqttState, problem?: GatewayError) => void): void;
  /** Says DISCONNECT, so that the will is not sent, and stops. Twice is fine; offline it takes no time. */
  close(): Promise<void>;
}

export type MqttState = "connected" | "disconnected" | "refused";
export type MessageHandler = (topic: string, payload: Buffer, retained: boolean) => Promise<void>;

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** A wrong password mends itself only when somebody acts; asking often looks like guessing and gets us banned. */
const REFUSED_PAUSE_MS = 5_000;
/** A connection that lived shorter does not reset the pause: two clients with one id throw each other out for ever. */
const STABLE_MS = 10_000;
const GOODBYE_MS = 1_000;

/** An error means to mqtt.js: go on without a PUBACK. It would otherwise read on only after it has sent one. */
const LATER = new Error("acknowledged later");

/** Starts connecting and goes on trying until closed. */
export function connectMqtt(options: MqttOptions, log: Logger, clock: Clock = systemClock): MqttConnection {
  const url = withoutCredentials(options.url);
  const closing = new AbortController();
  const stateHandlers: ((state: MqttState, problem?: GatewayError) => void)[] = [];
  const filters = new Set<string>();
  const granted = new Set<string>();
  /** On this connection: only a person can mend that. */
  const refused = new Set<string>();
  let outbox: Outbox | undefined;
  let handle: MessageHandler = async () => {};
  let inbox: Inbox<IPublishPacket> | undefined;
  let state: MqttState | undefined;
  /** The client whose connection is up; undefined while there is none. */
  let current: MqttClient | undefined;
  /** The client of the latest attempt, up or not. */
  let latest: MqttClient | undefined;
  let certificateUntil: number | null = null;

  function become(next: MqttState, problem?: GatewayError): void {
    if (next === state || closing.signal.aborted) return;
    state = next;
    if (problem) log.warn({ code: problem.code, err: problem.cause }, problem.message);
    else log.info(`connected to ${url}`);
    for (const handler of stateHandlers) handler(next, problem);
  }

  async function keepConnected(): Promise<void> {
    for (let failures = 0; !closing.signal.aborted; ) {
      const { problem, milliseconds } = await oneConnection();
      const refused = problem.code === "BROKER_REFUSED";
      become(refused ? "refused" : "disconnected", problem);
      failures = milliseconds > STABLE_MS ? 1 : failures + 1;
      const first = refused ? REFUSED_PAUSE_MS : FIRST_PAUSE_MS;
      const pause = Math.min(LONGEST_PAUSE_MS, first * 2 ** (failures - 1));
      // Jitter, so that the gateways of a school do not all come back in the same instant.
      await clock.sleep(pause * (0.5 + Math.random() / 2), closing.signal);
    }
  }

  /** From the attempt to the end of the connection; never rejects. */
  async function oneConnection(): Promise<{ problem: GatewayError; milliseconds: number }> {
    let connectedAt: number | undefined;
    let cause: unknown;
    let stopReceiving = () => {};
    try {
      const settings = await clientOptions(options);
      closing.signal.throwIfAborted();
      const client = connect(options.url, settings);
      latest = client;
      stopReceiving = receiveFrom(client);
      client.on("connect", ({ sessionPresent }) => {
        connectedAt = clock.elapsed();
        certificateUntil = endOfCertificate(client);
        if (!sessionPresent) granted.clear();
        refused.clear();
        current = client;
        become("connected");
        for (const filter of filters)
          if (!granted.has(filter))
            ask(client, filter).catch((error) => log.warn({ code: error.code }, reason(error)));
      });
      outbox = sendThrough(client);
      client.on("error", (error) => {
        cause ??= error;
        hangUp(client);
      });
      await new Promise<void>((resolve) => client.once("close", resolve));
    } catch (error) {
      cause = error;
    }
    stopReceiving();
    current = latest = undefined;
    outbox?.close(new Error(`no PUBACK came from ${url}`, { cause }));
    const refusal = refusalOf(cause);
    const problem = refusal
      ? failure("BROKER_REFUSED", { url, reason: refusal }, cause)
      : failure("BROKER_UNREACHABLE", { url }, cause);
    return { problem, milliseconds: connectedAt === undefined ? 0 : clock.elapsed() - connectedAt };
  }

  /** Hands what comes over this connection to the handler, and acknowledges it. Returns what ends that. */
  function receiveFrom(client: MqttClient): () => void {
    const own = openInbox<IPublishPacket>({
      atOnce: options.handleAtOnce ?? 1,
      earlier: inbox,
      handle: ({ topic, payload, retain }) => handle(topic, payload as Buffer, retain),
      failed({ topic }, error) {
        log.warn({ err: error }, `a message on ${topic} could not be handled: ${reason(error)}`);
        hangUp(client);
      },
      write: (bytes) => writeTo(client, bytes),
    });
    inbox = own;
    client.handleMessage = (packet: IPublishPacket, done) => {
      const id = packet.messageId;
      own.take(packet, id, id === undefined ? () => done() : () => done(LATER));
    };
    // Nothing is read while the inbox is full, PINGRESP included, so mqtt.js would take the broker for dead.
    const alive = setInterval(() => {
      if (!own.full) return;
      client.reschedulePing(true);
      client.sendPing();
    }, KEEPALIVE_SECONDS * 500);
    return () => clearInterval(alive);
  }

  /** Without DISCONNECT. From now on it counts as gone, though its socket takes a moment to close. */
  function hangUp(client: MqttClient): void {
    if (current === client) current = undefined;
    client.end(true);
  }

  async function ask(client: MqttClient, filter: string): Promise<void> {
    try {
      await client.subscribeAsync(filter, { qos: 1 });
      granted.add(filter);
    } catch (error) {
      if (client !== current) return; // The connection ended; the next one asks again.
      refused.add(filter);
      throw failure("BROKER_REFUSED", { url, reason: `it does not let us read ${filter}` }, error);
    }
  }

  function sendThrough(client: MqttClient): Outbox {
    const own = openOutbox({
      // Never null: the client counts round and round.
      nextId: () => client.messageIdProvider.allocate()!,
      write: (bytes) => writeTo(client, bytes),
    });
    client.on("packetreceive", ({ cmd, messageId }) => {
      if (cmd === "puback" && messageId !== undefined) own.acknowledged(messageId);
    });
    return own;
  }

  function writeTo({ stream }: MqttClient, bytes: Buffer): void {
    if (stream.writable) stream.write(bytes);
  }

  /** DISCONNECT waits for outstanding PUBACKs, but not for ever. */
  async function goodbye(client: MqttClient): Promise<void> {
    if (!client.connected) return void client.end(true);
    const until = systemClock.elapsed() + GOODBYE_MS;
    while (outbox && outbox.waiting > 0 && systemClock.elapsed() < until) await systemClock.sleep(10);
    const waited = new AbortController();
    await Promise.race([client.endAsync(false), systemClock.sleep(GOODBYE_MS, waited.signal)]);
    waited.abort();
    client.stream.destroy();
  }

  // One turn later, so that the caller can set its handlers first.
  const running = Promise.resolve().then(keepConnected);

  return {
    get connected() {
      return current?.connected === true;
    },
    get subscribed() {
      return (
        current?.connected === true &&
        [...filters].every((filter) => granted.has(filter) || refused.has(filter))
      );
    },
    get certificateUntil() {
      return certificateUntil;
    },
    publish(topic, payload, { retain }) {
      if (!outbox || !current?.connected || closing.signal.aborted)
        return Promise.reject(new Error(`not connected to ${url}`));
      return outbox.send(topic, payload, retain);
    },
    async subscribe(filter) {
      filters.add(filter);
      if (current) await ask(current, filter);
    },
    onMessage(handler) {
      handle = handler;
    },
    onState(handler) {
      stateHandlers.push(handler);
    },
    async close() {
      closing.abort();
      if (latest) await goodbye(latest);
      await running;
    },
  };
}

function endOfCertificate({ stream }: MqttClient): number | null {
  return stream instanceof TLSSocket ? Date.parse(stream.getPeerCertificate().valid_to) : null;
}
