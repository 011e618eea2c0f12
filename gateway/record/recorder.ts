import path from "node:path";
import { GatewayError, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import { connectMqtt, type MqttOptions } from "../mqtt.ts";
import type { Clock } from "../terms.ts";
import { openCrowd } from "./crowd.ts";
import { deadLetters } from "./deadLetters.ts";
import { type Drain, openDrain, type SinkState } from "./drain.ts";
import { openJournal } from "./journal.ts";
import { toPoint } from "./points.ts";
import type { Point, SinkSource } from "./sink.ts";

/** A broker in this process, which shows each message before it acknowledges it to the sender. */
export interface Intake {
  witness(see: (topic: string, payload: Buffer) => Promise<void>): void;
}

export interface RecorderOptions {
  /** The session is a lasting one whatever this says: the broker keeps for us what comes while we are away. */
  readonly mqtt: Omit<MqttOptions, "cleanSession">;
  /** Where messages come from instead of `mqtt`, if there is such a broker. `root` holds no wildcard then. */
  readonly intake?: Intake | undefined;
  /** `classroom/v1/{site}/{room}`; either may be `+`. */
  readonly root: string;
  /** Recorders of one group share the work, where the broker knows shared subscriptions. */
  readonly share?: string | undefined;
  readonly sinks: readonly SinkSource[];
  /** Where the journal and the cursors are. */
  readonly bufferFolder: string;
  readonly deadLettersFile: string;
  /** How much disk the journal may take while a database is away. */
  readonly capacityBytes: number;
}

export interface RecorderState {
  readonly connected: boolean;
  /** What is published now is heard: subscribed, or shown every message by the broker. */
  readonly listening: boolean;
  readonly sinks: Readonly<Record<string, SinkState>>;
  /** Messages that could not be understood, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  /** Damaged lines in the journal that were skipped. */
  readonly damaged: number;
}

export interface Recorder {
  state(): RecorderState;
  /** Ends the session's connection, brings the sinks what is left if they are well, closes them. */
  close(): Promise<void>;
}

interface Source {
  readonly connected: boolean;
  readonly listening: boolean;
  close(): Promise<void>;
}

const SEGMENT_BYTES = 4 * 1024 * 1024;
/** What the contract has for the record; `set/…` and `gateway/state` are not. */
const FILTERS = ["focus", "zone/+/focus", "sensor/+/+", "event/+", "gateway/health"];
/** Messages on their way to the journal at the same time: they share a sync of the disk. */
const HEAR_AT_ONCE = 1_000;
const REFUSALS_TOLD_APART = 50;
const DONE = Promise.resolve();
/** A broker knows no session for us before we first subscribed: it is worth a moment that this is so at the return. */
const FIRST_CONNECTION_MS = 5_000;

/**
 * Takes the room's messages from the broker and brings each to every sink:
 *
 *   broker ──message──▶ toPoint ──▶ journal (disk) ──PUBACK──▶ broker (the embedded one: ──▶ sender)
 *                                      └──▶ a drain for each sink, with its own cursor
 *
 * The broker may forget a message once it is in the journal; a sink that is away, even from the start, holds up
 * neither the others nor the broker. Opens whether or not broker and sinks are there.
 */
export async function openRecorder(
  options: RecorderOptions,
  { log, clock }: { log: Logger; clock: Clock },
): Promise<Recorder> {
  const { bufferFolder } = options;
  const drains = new Map<string, Drain>();
  const refused = new Map<string, number>();
  const closing = new AbortController();
  const crowd = openCrowd();
  let trouble: string | null = null;
  const journal = await openJournal<Point>({
    folder: bufferFolder,
    segmentBytes: SEGMENT_BYTES,
    capacityBytes: options.capacityBytes,
    clock,
    onAppended(records) {
      trouble = null;
      for (const drain of drains.values()) drain.wake(records);
      if (drains.size === 0) forget();
    },
    // Without a PUBACK the broker keeps what cannot be written, and sends no more than a few others.
    onProblem(error) {
      const problem = reason(error);
      const code = error instanceof GatewayError ? error.code : undefined;
      if (problem !== trouble) log.error({ code, err: error }, problem);
      trouble = problem;
    },
    onOverflow(dropped) {
      log.warn(dropped, "a database has been away so long that its oldest points had to go");
      for (const drain of drains.values()) drain.overflowed(dropped);
    },
  });
  const letters = deadLetters(options.deadLettersFile, clock);

  /** What every database has is needed no more; without one, nothing is. */
  const forget = () => {
    const positions = [...drains.values()].map((drain) => drain.needed);
    void journal.forget(Math.min(...positions)).catch((error) => log.warn({ err: error }, reason(error)));
  };
  for (const source of options.sinks) {
    const cursorFile = path.join(bufferFolder, `${source.name}.cursor.json`);
    const context = { journal, cursorFile, deadLetters: letters, log, clock, onProgress: forget };
    drains.set(source.name, await openDrain(source, context));
  }

  /** Resolves when the message is in the journal, or is none for it. */
  function hear(topic: string, payload: Buffer): Promise<void> {
    const heard = toPoint(topic, payload);
    if (heard === "ignored") return DONE;
    if ("refused" in heard) return refuse(topic, heard.refused);
    if (!crowd.admits(heard.point))
      return refuse(topic, "too many different devices, zones or kinds in a room");
    return journal.append(heard.point);
  }

  /** Said at the 1st, 10th, 100th … of its kind: a broken sensor must not fill the log. */
  function refuse(topic: string, why: string): Promise<void> {
    const kind = refused.has(why) || refused.size < REFUSALS_TOLD_APART ? why : "other";
    const count = (refused.get(kind) ?? 0) + 1;
    refused.set(kind, count);
    if (Number.isInteger(Math.log10(count)))
      log.warn({ topic: topic.slice(0, 200), count }, `a message was not recorded: ${why}`);
    return DONE;
  }

  const source = options.intake ? watch(options.intake) : await subscribe();

  function watch(intake: Intake): Source {
    const within = `${options.root}/`;
    intake.witness(async (topic, payload) => {
      // Whoever still sends keeps it: what nobody writes down any more is not acknowledged.
      closing.signal.throwIfAborted();
      if (topic.startsWith(within)) await hear(topic, payload);
    });
    return { connected: true, listening: true, close: async () => closing.abort() };
  }

  async function subscribe(): Promise<Source> {
    const settings = { ...options.mqtt, cleanSession: false, handleAtOnce: HEAR_AT_ONCE };
    const mqtt = connectMqtt(settings, log, clock);
    mqtt.onMessage(hear);
    const firstState = new Promise<void>((resolve) => mqtt.onState(() => resolve()));
    const patience = new AbortController();
    await Promise.race([firstState, clock.sleep(FIRST_CONNECTION_MS, patience.signal)]);
    patience.abort();
    for (const filter of FILTERS)
      await mqtt
        .subscribe(`${options.share ? `$share/${options.share}/` : ""}${options.root}/${filter}`)
        .catch((error) => log.warn({ err: error }, reason(error)));
    return {
      get connected() {
        return mqtt.connected;
      },
      get listening() {
        return mqtt.subscribed;
      },
      async close() {
        closing.abort();
        await mqtt.close();
      },
    };
  }

  let closed: Promise<void> | null = null;
  return {
    state: () => ({
      connected: source.connected,
      listening: source.listening,
      sinks: Object.fromEntries([...drains].map(([name, drain]) => [name, drain.state()])),
      refused: Object.fromEntries(refused),
      damaged: journal.damaged,
    }),
    close() {
      closed ??= (async () => {
        await source.close();
        await Promise.all([...drains.values()].map((drain) => drain.close()));
        await journal.close();
      })();
      return closed;
    },
  };
}
