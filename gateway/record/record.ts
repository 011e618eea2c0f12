import path from "node:path";
import { z } from "zod";
import { repeat } from "../clock.ts";
import { failure, GatewayError, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { MqttOptions } from "../mqtt.ts";
import type { Clock, Said } from "../terms.ts";
import { keepOptions } from "./keep.ts";
import { readPast } from "./past.ts";
import type { Reader } from "./query/question.ts";
import { serveQueries } from "./query/serve.ts";
import { type Intake, openRecorder, type RecorderState } from "./recorder.ts";
import type { SinkSource } from "./sink.ts";
import { type EmbeddedSink, openEmbedded, storeFile } from "./sinks/embedded.ts";
import { sinkSource } from "./sinks/index.ts";
import { influxOptions } from "./sinks/influx.ts";
import { bringLessons } from "./sinks/lessons.ts";
import { manageInflux } from "./sinks/manage.ts";

export { type QueryOptions, queryStore, type Table } from "./query/ask.ts";
export { formatCsv, formatJson, formatTable } from "./query/format.ts";
export type { RecorderState } from "./recorder.ts";
export { probeInflux } from "./sinks/influx.ts";
export { manageInflux } from "./sinks/manage.ts";

export const recordOptions = z.strictObject({
  embedded: z
    .boolean()
    .default(true)
    .describe("Keep everything in the embedded store, for `focus-gateway query`."),
  keep: keepOptions.prefault({}).describe("How long what is recorded stays."),
  manage: z
    .boolean()
    .default(false)
    .describe(
      "Set up retention and roll-ups in InfluxDB at the start; the user or token must be allowed to. Left out, " +
        "`focus-gateway doctor --fix` does.",
    ),
  influx: influxOptions.optional().describe("Also write to this InfluxDB."),
  share: z
    .string()
    .regex(/^[a-z0-9-]{1,32}$/)
    .optional()
    .describe(
      "Name of a group of recorders that share the work, each with a data folder of its own. The broker must know " +
        "shared subscriptions (Mosquitto 2, EMQX).",
    ),
  bufferMegabytes: z
    .int()
    .min(16)
    .default(512)
    .describe(
      "Disk that may hold what a database that is away has not taken yet; beyond it the oldest goes.",
    ),
});
export type RecordOptions = z.output<typeof recordOptions>;

/** Between looks at whether the store has all of the journal; so nobody can ask for the past more often than this. */
const PAST_PAUSE_MS = 250;
const PAST_PATIENCE_MS = 5_000;
const UPKEEP_SECONDS = 3_600;
/** What came late, or while InfluxDB was away, is in the roll-ups of the last week. */
const LESSONS_AGAIN_MS = 7 * 86_400_000;

export interface RecordContext {
  readonly mqtt: Omit<MqttOptions, "cleanSession">;
  /** The embedded broker, if that is what `mqtt` leads to. */
  readonly intake?: Intake | undefined;
  /** `classroom/v1/{site}/{room}`. */
  readonly root: string;
  readonly dataFolder: string;
  readonly log: Logger;
  readonly clock: Clock;
}

export interface Recording {
  state(): RecorderState;
  /**
   * What was published about the room since then (ms since the Unix epoch), as far as the page shows it; nothing without an
   * embedded store. Takes a moment: what has just been said is waited for. Rejects when the store cannot be read.
   */
  past(since: number): Promise<readonly Said[]>;
  close(): Promise<void>;
}

/**
 * Records the room: subscribes, keeps, and answers questions to the embedded store while it runs. Opens even when
 * broker, database or store are not there; `state()` and the log say so, and nothing that was published is lost.
 */
export async function openRecord(options: RecordOptions, context: RecordContext): Promise<Recording> {
  const { mqtt, root, dataFolder, clock } = context;
  const log = context.log.child({ part: "record" });
  /** The latest attempt at opening it: whoever asks a question learns what became of that. */
  let embedded: Promise<EmbeddedSink> | null = null;
  const sinks: SinkSource[] = [];
  if (options.embedded) {
    const open = () => {
      embedded = openEmbedded(dataFolder, (problem, movedTo) =>
        log.error({ code: "STORE_DAMAGED", err: problem, movedTo }, "a new embedded store was begun"),
      );
      return embedded;
    };
    sinks.push({ name: "embedded", open });
  }
  if (options.influx) sinks.push(sinkSource({ sink: "influx", server: options.influx }));

  const recorder = await openRecorder(
    {
      mqtt,
      intake: context.intake,
      share: options.share,
      root,
      sinks,
      bufferFolder: path.join(dataFolder, "journal"),
      deadLettersFile: path.join(dataFolder, "dead-letters.jsonl"),
      capacityBytes: options.bufferMegabytes * 1024 * 1024,
    },
    { log, clock },
  );
  const read: Reader = async (question, answer) => {
    if (!embedded) throw failure("STORE_MISSING", { file: storeFile(dataFolder) });
    return (await embedded).read(question, answer);
  };
  const queries = options.embedded
    ? await serveQueries(dataFolder, read, log).catch((error) => {
        log.warn({ err: error }, `queries wait until the gateway has stopped: ${reason(error)}`);
        return null;
      })
    : null;

  let said = "";
  const stopping = new AbortController();
  const upkeep = repeat(UPKEEP_SECONDS, clock, async () => {
    const store = await embedded?.catch(() => null);
    if (!store) return;
    try {
      await store.keepUp(options.keep, clock.now(), stopping.signal);
      if (options.influx)
        await bringLessons(options.influx, await store.lessons(clock.now() - LESSONS_AGAIN_MS));
      said = "";
    } catch (error) {
      if (stopping.signal.aborted) return;
      const code = error instanceof GatewayError ? error.code : undefined;
      if (said !== reason(error))
        log.warn({ code, err: error }, `upkeep is tried again every hour: ${reason(error)}`);
      said = reason(error);
    }
  });
  if (options.influx && options.manage)
    void manageInflux(options.influx, options.keep).then(
      (done) => log.info(`InfluxDB: ${done.join("; ")}`),
      (error) => log.warn({ code: error.code, err: error.cause }, `InfluxDB's upkeep: ${reason(error)}`),
    );

  return {
    state: () => recorder.state(),
    async past(since) {
      if (!options.embedded) return [];
      const until = clock.elapsed() + PAST_PATIENCE_MS;
      do {
        await clock.sleep(PAST_PAUSE_MS);
      } while (recorder.state().sinks.embedded?.backlog !== 0 && clock.elapsed() < until);
      const [, , site = "", room = ""] = root.split("/");
      return readPast(read, { site, room, since });
    },
    async close() {
      stopping.abort();
      await upkeep.close();
      await queries?.close();
      await recorder.close();
    },
  };
}
