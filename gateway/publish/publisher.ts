import type { z } from "zod";
import { failure, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { connectMqtt, type MqttConnection } from "../mqtt.ts";
import { revealSecret } from "../options.ts";
import type { Clock, Message, MessageClass } from "../terms.ts";
import type { SpoolSettings } from "./spool/options.ts";
import { setAside } from "./spool/quarantine.ts";
import type { Entry } from "./spool/record.ts";
import { openSpool } from "./spool/spool.ts";
import { suspicion } from "./suspicion.ts";
import { isTopicLevel, topics } from "./topics.ts";
import type { mqttOptions } from "./upstream.ts";

/**
 * The way out: each message is on disk before the broker sees it, and leaves the disk when the broker has
 * acknowledged it.
 *
 *   send ─▶ spool ─▶ at most 500 in flight, in order ─▶ PUBACK ─▶ acknowledged in the spool
 */
export interface Publisher {
  /** Resolves when the message is safe on disk; rejects as `Spool.append` does. The broker may be away. */
  send(message: Message): Promise<void>;
  state(): PublisherState;
  /** The connection, for listening to controls. */
  readonly connection: MqttConnection;
  /** Sends what it can for two seconds, says `stopped`, and keeps the rest on disk for the next start. */
  close(): Promise<void>;
}

export interface PublisherState {
  readonly connected: boolean;
  /** The broker is there and does not let us in. */
  readonly refused: boolean;
  readonly spoolDepth: number;
  readonly spoolBytes: number;
  readonly dropped: Readonly<Record<MessageClass, number>>;
  /** Messages on which the broker hung up again and again; they are kept in the spool's folder. */
  readonly setAside: number;
  /** Damaged stretches of the spool's files; they are kept there too. */
  readonly damaged: number;
}

export interface PublisherOptions {
  /** `classroom/v1/{site}/{room}`, from `topicRoot`. */
  readonly root: string;
  readonly mqtt: z.output<typeof mqttOptions> & { readonly url: string };
  readonly spool: SpoolSettings;
  /**
   * Whether somebody listens who must not miss anything. Until then nothing is sent: a broker that knows no session for
   * the recorder yet, or has lost it, takes a message and hands it to nobody.
   */
  readonly isHeard?: () => boolean;
}

/** Enough to keep a broker busy whose answer takes a moment; mqtt.js keeps each in memory, and its ids wrap at 65,535. */
const IN_FLIGHT = 500;
const GOODBYE_MS = 2_000;
/** How often it is asked whether the recorder listens. */
const LISTEN_MS = 100;

export async function openPublisher(
  { root, mqtt, spool: spoolSettings, isHeard = () => true }: PublisherOptions,
  { log, clock }: { log: Logger; clock: Clock },
): Promise<Publisher> {
  const password = mqtt.password === undefined ? undefined : revealSecret(mqtt.password);
  const spool = await openSpool(spoolSettings, { log, clock });
  const stateTopic = `${root}/${topics.state}`;
  const connection = connectMqtt(
    {
      ...mqtt,
      password,
      // The same at each start: a new connection then ends a half-dead old one, and with it the old one's will, which
      // would otherwise say `offline` a minute after we came back.
      clientId: `focus-gateway:${root.split("/").slice(2).join(":")}`,
      will: { topic: stateTopic, payload: "offline", retain: true },
      cleanSession: true,
    },
    log,
    clock,
  );

  let refused = false;
  /** `online` has been acknowledged on this connection. */
  let announced = false;
  let closing: Promise<void> | undefined;
  const ending = new AbortController();
  /** Read from the spool and not sent yet: reading a hundred costs little more than reading one. */
  let ready: Entry[] = [];
  /** Sent and not acknowledged in the spool, in order. */
  let window: { readonly sequence: number; readonly sentAt: number; done: boolean }[] = [];
  /** How many may be in flight: one after a connection has broken, twice as many after each PUBACK. */
  let widest = IN_FLIGHT;
  const suspects = suspicion();
  let aside = 0;
  let inFlight = 0;
  /** A message was not acknowledged: nothing after it counts until all are sent again from there. */
  let broken = false;
  let sending: Promise<void> | undefined;
  let again = false;

  connection.onState((state) => {
    refused = state === "refused";
    announced = false;
    if (state === "connected") void announce();
  });

  /** A retained `online` given to a client before its CONNACK gets lost (zigbee2mqtt#3625). */
  async function announce(): Promise<void> {
    try {
      await connection.publish(stateTopic, "online", { retain: true });
      announced = true;
      wake();
    } catch {
      // The connection ended; the next one announces.
    }
  }

  /** Looks whether there is something to send: once for all that happens in this turn, or after the look under way. */
  function wake(): void {
    again = true;
    sending ??= endOfTurn()
      .then(sendAll)
      .catch((error) => log.error({ err: error }, `sending stopped: ${reason(error)}`))
      .finally(() => {
        sending = undefined;
        if (again) wake();
      });
  }

  async function sendAll(): Promise<void> {
    while (again) {
      again = false;
      acknowledge();
      if (broken && inFlight === 0) {
        const [first] = window;
        if (first && window.length === 1) suspects.hungUpOn(first.sequence, clock.elapsed() - first.sentAt);
        widest = 1;
        spool.rewind();
        ready = [];
        window = [];
        broken = false;
      }
      if (connection.connected && announced && !isHeard()) {
        await clock.sleep(LISTEN_MS, ending.signal);
        again ||= !ending.signal.aborted;
        continue;
      }
      while (connection.connected && announced && !broken && inFlight < widest) {
        if (ready.length === 0) ready = [...(await spool.take(IN_FLIGHT))];
        const next = ready.shift();
        if (!next) break;
        if (suspects.proven(next.sequence)) await putAside(next);
        else sendOne(next.sequence, next.message);
      }
    }
  }

  /** The broker takes everything but this: it is kept for somebody to look at, and out of the way. */
  async function putAside({ sequence, message }: Entry): Promise<void> {
    aside += 1;
    const problem = failure("MESSAGE_REFUSED", { topic: message.topic, bytes: message.payload.length });
    log.error({ code: problem.code }, problem.message);
    await setAside(spoolSettings.folder, { sequence, message });
    spool.acknowledge(sequence);
  }

  function sendOne(sequence: number, message: Message): void {
    const sent = { sequence, sentAt: clock.elapsed(), done: false };
    window.push(sent);
    inFlight += 1;
    connection.publish(message.topic, message.payload, { retain: message.retain }).then(
      () => {
        sent.done = true;
        widest = Math.min(IN_FLIGHT, widest * 2);
        settled();
      },
      () => {
        broken = true;
        settled();
      },
    );
  }

  function settled(): void {
    inFlight -= 1;
    wake();
  }

  function acknowledge(): void {
    let upTo: number | undefined;
    while (window[0]?.done) upTo = window.shift()!.sequence;
    if (upTo !== undefined) spool.acknowledge(upTo);
  }

  async function goodbye(): Promise<void> {
    const until = clock.elapsed() + GOODBYE_MS;
    while (connection.connected && (spool.depth() > 0 || inFlight > 0) && clock.elapsed() < until)
      await clock.sleep(20);
    announced = false;
    ending.abort();
    if (connection.connected) {
      const said = new AbortController();
      const saying = connection.publish(stateTopic, "stopped", { retain: true }).catch(() => {});
      await Promise.race([saying, clock.sleep(GOODBYE_MS, said.signal)]);
      said.abort();
    }
    await connection.close();
    await sending;
    await spool.close();
  }

  return {
    connection,
    async send(message) {
      const bad = message.topic.split("/").find((name) => !isTopicLevel(name));
      // Refused here, for in the spool it would stand in everything else's way.
      if (bad !== undefined)
        throw failure("INTERNAL", { problem: `${message.topic} is no topic to publish to` });
      await spool.append({ ...message, topic: `${root}/${message.topic}` });
      wake();
    },
    state: () => ({
      connected: connection.connected,
      refused,
      spoolDepth: spool.depth(),
      spoolBytes: spool.bytes(),
      dropped: spool.counts().dropped,
      setAside: aside,
      damaged: spool.counts().damaged,
    }),
    close() {
      closing ??= goodbye();
      return closing;
    },
  };
}

const endOfTurn = () => new Promise<void>((resolve) => setImmediate(resolve));
