import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger, type Logger } from "../../gateway/log.ts";
import { brokerOptions } from "../../gateway/publish/broker.ts";
import { type Broker, openBroker, openPublisher, type Publisher } from "../../gateway/publish/publish.ts";
import { openRecord, type Recording, recordOptions } from "../../gateway/record/record.ts";
import { type Influx, startInflux } from "../../test/support/influxd.ts";
import { type Mosquitto, startMosquitto } from "../../test/support/mosquitto.ts";
import { until } from "../../test/support/programs.ts";
import { type Child, startGateway } from "./child.ts";
import { type Order, ROOT, windowMessage } from "./windows.ts";

/** What a case works with: a folder and servers of its own, all gone when it has ended. */
export interface Place {
  readonly folder: string;
  readonly log: Logger;
  /** Also what the log was told, as warning or worse. */
  onEnd(undo: () => unknown): void;
  subfolder(name: string): Promise<string>;
  mosquitto(options?: Parameters<typeof startMosquitto>[0]): Promise<Mosquitto>;
  influx(options?: Parameters<typeof startInflux>[0]): Promise<Influx>;
  child(order: Order): Promise<Child>;
  house(options: HouseOptions): Promise<House>;
}

export interface HouseOptions {
  readonly folder?: string;
  /** A broker of the school's; left out, the embedded one. */
  readonly broker?: string;
  readonly record?: Parameters<typeof recordOptions.parse>[0];
  readonly brokerOptions?: Parameters<typeof brokerOptions.parse>[0];
  readonly root?: string;
}

/** The parts of a gateway from the spool on, in this process, joined as `gateway/gateway.ts` joins them. */
export interface House {
  readonly broker: Broker | null;
  readonly publisher: Publisher;
  readonly record: Recording;
  /** Takes in windows `from` to `to`, the latter excluded. */
  send(from: number, to: number): Promise<void>;
  /** Resolves when everything has gone the whole way. */
  drained(seconds?: number): Promise<void>;
  close(): Promise<void>;
}

export async function withPlace<T>(work: (place: Place) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), "focus-gateway-faults-"));
  const undo: (() => unknown)[] = [];
  const log = createLogger("error").child({}, { level: "silent" });
  const onEnd = (one: () => unknown) => void undo.push(one);
  let servers = 0;
  const subfolder = async (name: string) => {
    await mkdir(path.join(folder, name), { recursive: true });
    return path.join(folder, name);
  };
  const place: Place = {
    folder,
    log,
    onEnd,
    subfolder,
    async mosquitto(options = {}) {
      const extra = ["max_queued_messages 0", "max_inflight_messages 1000", ...(options.extra ?? [])];
      const own = await subfolder(`mosquitto-${servers++}`);
      const started = await startMosquitto({ folder: own, ...options, extra });
      onEnd(() => started.stop("SIGKILL"));
      return started;
    },
    async influx(options = {}) {
      const started = await startInflux({ folder: await subfolder(`influx-${servers++}`), ...options });
      onEnd(() => started.stop("SIGKILL"));
      return started;
    },
    async child(order) {
      const child = await startGateway(order);
      onEnd(() => child.kill());
      await child.up;
      return child;
    },
    async house(options) {
      const house = await openHouse(options.folder ?? (await subfolder("house")), options, log);
      onEnd(() => house.close());
      return house;
    },
  };
  try {
    return await work(place);
  } finally {
    for (const one of undo.reverse()) await Promise.resolve(one()).catch(() => {});
    await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** Looks, each 50 ms, at which nothing has changed. */
const STILL = 30;

async function openHouse(folder: string, options: HouseOptions, log: Logger): Promise<House> {
  const root = options.root ?? ROOT;
  const broker = options.broker
    ? null
    : await openBroker(brokerOptions.parse({ port: 0, ...(options.brokerOptions as object) }), log);
  const mqtt = { ...broker?.login, url: options.broker ?? broker!.url };
  const record = await openRecord(recordOptions.parse(options.record ?? {}), {
    mqtt: { ...mqtt, clientId: "recorder" },
    ...(broker && { intake: broker }),
    root,
    dataFolder: folder,
    log,
    clock,
  });
  const spool = { folder: path.join(folder, "spool"), commitMilliseconds: 20 };
  const publisher = await openPublisher(
    { root, mqtt, spool, isHeard: () => record.state().listening },
    { log, clock },
  ).catch(async (error) => {
    await record.close();
    await broker?.close();
    throw error;
  });
  let closed: Promise<void> | undefined;
  return {
    broker,
    publisher,
    record,
    async send(from, to) {
      for (let at = from; at < to; at += 1000)
        await Promise.all(
          Array.from({ length: Math.min(1000, to - at) }, (_, i) => publisher.send(windowMessage(at + i))),
        );
    },
    async drained(seconds = 60) {
      // What is on its way through the broker is seen by nobody: nothing may have moved for a moment either.
      let before = "";
      let still = 0;
      await until(
        () => {
          const { sinks, connected, refused } = record.state();
          const { spoolDepth, setAside } = publisher.state();
          const waiting =
            spoolDepth > 0 || Object.values(sinks).some(({ backlog, ok }) => backlog > 0 || !ok);
          const now = JSON.stringify([sinks, refused, setAside]);
          still = connected && !waiting && now === before ? still + 1 : 0;
          before = now;
          return still >= STILL ? true : undefined;
        },
        seconds,
        "everything to have arrived",
      );
    },
    close() {
      closed ??= (async () => {
        await publisher.close();
        await record.close();
        await broker?.close();
      })();
      return closed;
    },
  };
}
