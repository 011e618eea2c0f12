import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectAsync, type MqttClient } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { openRecord, queryStore, recordOptions } from "../../gateway/record/record.ts";
import { openRecorder } from "../../gateway/record/recorder.ts";
import { storeFile } from "../../gateway/record/sinks/embedded.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { launch, until } from "../support/programs.ts";
import { moody } from "./moody.ts";

const log = createLogger("error", false);
const root = "classroom/v1/north/101";
const start = Date.UTC(2026, 10, 23, 9);

async function broker(options: Parameters<typeof startMosquitto>[0] = {}) {
  // Mosquitto drops what a subscriber has not taken beyond 1,000 messages unless told otherwise.
  const mosquitto = await startMosquitto({ ...options, extra: ["max_queued_messages 0"] });
  onTestFinished(() => mosquitto.stop());
  return mosquitto;
}

async function publisher(url: string): Promise<MqttClient> {
  const client = await connectAsync(url);
  onTestFinished(() => client.endAsync(true));
  return client;
}

async function room(url: string, dataFolder: string, influx?: { url: string; database: string }) {
  const { url: influxUrl, database } = influx ?? {};
  const options = recordOptions.parse(influx ? { influx: { version: "1", url: influxUrl, database } } : {});
  const mqtt = { url, clientId: "recorder-north-101" };
  const record = await openRecord(options, { mqtt, root, dataFolder, log, clock });
  onTestFinished(() => record.close());
  return record;
}

const window = (i: number) => ({
  time: new Date(start + i * 2000).toISOString(),
  window_s: 2,
  focus: (i % 100) / 100,
  low: 0,
  high: 1,
  coverage: 0.9,
  heads: 22,
  expected: 24,
  targets: { board: 0.5, desk: 0.5, screen: 0, peer: 0, away: 0 },
  shifts_per_min: 2,
  synchrony: 0.5,
  activity: "lecture",
  lesson: null,
  quality: "ok",
  model: "geometry@0123abcd",
  provider: "cpu/float32",
});

const publish = (client: MqttClient, rest: string, body: unknown) =>
  client.publishAsync(`${root}/${rest}`, JSON.stringify(body), { qos: 1 });

const publishWindows = async (client: MqttClient, from: number, to: number) => {
  for (let i = from; i < to; i += 1) await publish(client, "focus", window(i));
};

const written = (values: unknown[]) => values.map((value) => Math.round(Number(value) * 100));
const expected = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => (from + i) % 100);

describe.skipIf(!hasMosquitto || !hasInflux)(
  "Mosquitto → recorder → DuckDB and InfluxDB (skipped where mosquitto or influxd is not installed)",
  () => {
    it("keeps in both exactly what was published, and counts what it could not understand", async () => {
      const { url } = await broker();
      const influx = await startInflux();
      onTestFinished(() => influx.stop());
      const dataFolder = await temporaryFolder();
      const record = await room(url, dataFolder, influx);
      const client = await publisher(url);
      await publishWindows(client, 0, 100);
      await publish(client, "zone/back/focus", window(0));
      await publish(client, "sensor/co2-1/co2", {
        time: window(0).time,
        value: 812,
        unit: "[ppm]",
        quality: "ok",
      });
      await publish(client, "event/mark", { time: window(0).time, kind: "mark", text: "fire drill" });
      await publish(client, "gateway/health", { time: window(0).time, version: "0.1.0", uptime_s: 12 });
      await client.publishAsync(`${root}/focus`, "not JSON", { qos: 1 });
      await publish(client, "set/activity", "exam");
      await publish(client, "focus", window(7)); // once more: changes nothing
      await until(() => (record.state().sinks.influx!.written >= 105 ? true : undefined));
      await until(() => (record.state().sinks.embedded!.written >= 105 ? true : undefined));

      const rows = await influx.query("SELECT focus, targets_board, quality FROM focus");
      expect(rows.map(({ time }) => time)).toEqual(Array.from({ length: 100 }, (_, i) => start + i * 2000));
      expect(written(rows.map(({ focus }) => focus))).toEqual(expected(0, 100));
      const stored = await queryStore({
        dataFolder,
        sql: "SELECT epoch_ms(time), focus, targets_board, quality FROM focus ORDER BY time",
      });
      expect(stored.rows).toEqual(
        rows.map(({ time, focus, targets_board, quality }) => [time, focus, targets_board, quality]),
      );
      for (const [sql, row] of [
        ["SELECT zone, focus FROM zone_focus", ["back", 0]],
        ["SELECT device, quantity, unit, value FROM environment", ["co2-1", "co2", "[ppm]", 812]],
        ["SELECT kind, text, count FROM event", ["mark", "fire drill", 1]],
        ["SELECT version, uptime_s FROM gateway_health", ["0.1.0", 12]],
      ] as const)
        expect((await queryStore({ dataFolder, sql })).rows).toEqual([row]);
      expect(await influx.query("SELECT text FROM event WHERE kind = 'mark'")).toMatchObject([
        { text: "fire drill" },
      ]);
      expect(record.state()).toMatchObject({
        connected: true,
        refused: { "payload is not a JSON object": 1 },
        sinks: {
          embedded: { ok: true, backlog: 0, refused: 0 },
          influx: { ok: true, backlog: 0, refused: 0 },
        },
      });
    });

    it("with InfluxDB down at the start the store fills all the same, and all arrives when it is up", async () => {
      const { url } = await broker();
      const port = await freePort();
      const dataFolder = await temporaryFolder();
      const record = await room(url, dataFolder, { url: `http://127.0.0.1:${port}`, database: "focus" });
      const client = await publisher(url);
      await publishWindows(client, 0, 60);
      await until(() => (record.state().sinks.embedded!.written === 60 ? true : undefined));
      await until(() => (record.state().sinks.influx!.ok ? undefined : true));
      expect(record.state().sinks.influx).toMatchObject({ ok: false, backlog: 60, written: 0 });
      expect(record.state().sinks.influx!.problem).toContain("cannot be reached");
      const influx = await startInflux({ port });
      onTestFinished(() => influx.stop());
      await publishWindows(client, 60, 100);
      await until(() => (record.state().sinks.influx!.backlog === 0 ? true : undefined), 40);
      const rows = await influx.query("SELECT focus FROM focus");
      expect(written(rows.map(({ focus }) => focus))).toEqual(expected(0, 100));
      expect(record.state().sinks.influx).toMatchObject({ ok: true, lost: 0 });
    }, 60_000);

    it("hands a point that InfluxDB will never take to the dead letters, and goes on", async () => {
      const { url } = await broker();
      const influx = await startInflux();
      onTestFinished(() => influx.stop());
      const dataFolder = await temporaryFolder();
      const record = await room(url, dataFolder, influx);
      const client = await publisher(url);
      const drop = (i: number, level: unknown) =>
        publish(client, "event/drop", { time: window(i).time, level });
      await drop(0, 1);
      await until(() => (record.state().sinks.influx!.written === 1 ? true : undefined));
      await drop(1, "high");
      await drop(2, 2);
      await until(() => (record.state().sinks.influx!.written === 2 ? true : undefined));
      await until(() => (record.state().sinks.embedded!.written === 2 ? true : undefined));
      expect(record.state().sinks.influx!.refused).toBe(1);
      const letters = await readFile(path.join(dataFolder, "dead-letters.jsonl"), "utf8");
      const parsed = letters
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      expect(parsed.map(({ sink }) => sink).sort()).toEqual(["embedded", "influx"]);
      expect(parsed[0].point.fields.level).toBe("high");
    });
  },
);

describe.skipIf(!hasMosquitto)("Mosquitto → recorder (skipped where mosquitto is not installed)", () => {
  it("gets what was published while it was stopped: its session lasts", async () => {
    const { url } = await broker();
    const dataFolder = await temporaryFolder();
    const first = await room(url, dataFolder);
    const client = await publisher(url);
    await publishWindows(client, 0, 10);
    await until(() => (first.state().sinks.embedded!.written === 10 ? true : undefined));
    await first.close();
    await publishWindows(client, 10, 40);
    const second = await room(url, dataFolder);
    await until(() => (second.state().sinks.embedded!.written === 30 ? true : undefined));
    const { rows } = await queryStore({ dataFolder, sql: "SELECT focus FROM focus ORDER BY time" });
    expect(written(rows.map(([focus]) => focus))).toEqual(expected(0, 40));
  });

  it("opens without a broker, and records once there is one", async () => {
    const port = await freePort();
    const dataFolder = await temporaryFolder();
    const record = await room(`mqtt://127.0.0.1:${port}`, dataFolder);
    expect(record.state().connected).toBe(false);
    await broker({ port });
    await until(() => (record.state().connected ? true : undefined));
    const client = await publisher(`mqtt://127.0.0.1:${port}`);
    // The subscription follows the connection by a moment; before it there is no session to keep anything.
    await until(async () => {
      await publishWindows(client, 0, 1);
      return record.state().sinks.embedded!.written > 0 ? true : undefined;
    });
  });

  it("with the store locked by another process it goes on, says why, and catches up", async () => {
    const { url } = await broker();
    const dataFolder = await temporaryFolder();
    await (await room(url, dataFolder)).close();
    const holder = launch(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `const { DuckDBInstance } = await import("@duckdb/node-api");
         const instance = await DuckDBInstance.create(process.argv[1]);
         console.log("held"); setInterval(() => instance, 1000);`,
        storeFile(dataFolder),
      ],
      { cwd: packageRoot },
    );
    await once(holder.stdout, "data");
    const record = await room(url, dataFolder);
    const client = await publisher(url);
    await publishWindows(client, 0, 20);
    await until(() => (record.state().sinks.embedded!.ok ? undefined : true));
    expect(record.state().sinks.embedded!.problem).toContain("in use by another process");
    await expect(queryStore({ dataFolder, sql: "SELECT 1" })).rejects.toMatchObject({ code: "STORE_LOCKED" });
    holder.kill("SIGKILL");
    await until(() => (record.state().sinks.embedded!.written === 20 ? true : undefined), 30);
    const { rows } = await queryStore({ dataFolder, sql: "SELECT focus FROM focus ORDER BY time" });
    expect(written(rows.map(([focus]) => focus))).toEqual(expected(0, 20));
  }, 60_000);

  it("loses nothing that it acknowledged when it is killed, again and again, under load", async () => {
    const { url } = await broker();
    const dataFolder = await temporaryFolder();
    const dist = path.join(packageRoot, process.env.FOCUS_GATEWAY_DIST ?? "dist", "gateway");
    const text = `
      const { openRecord, recordOptions } = await import(${JSON.stringify(path.join(dist, "record/record.js"))});
      const { systemClock: clock } = await import(${JSON.stringify(path.join(dist, "clock.js"))});
      const { createLogger } = await import(${JSON.stringify(path.join(dist, "log.js"))});
      const [url, dataFolder] = process.argv.slice(1);
      await openRecord(recordOptions.parse({}), {
        mqtt: { url, clientId: "recorder-north-101" }, root: ${JSON.stringify(root)}, dataFolder,
        log: createLogger("error", false), clock,
      });
      console.log("recording");`;
    const client = await publisher(url);
    let sent = 0;
    for (let round = 0; round < 5; round += 1) {
      const child = launch(process.execPath, ["--input-type=module", "-e", text, url, dataFolder]);
      await once(child.stdout, "data");
      const deadline = Date.now() + 300 + round * 100;
      for (; Date.now() < deadline; sent += 10) {
        await publishWindows(client, sent, sent + 10);
        await sleep(10);
      }
      child.kill("SIGKILL");
      await once(child, "exit");
      await publishWindows(client, sent, sent + 10); // While nobody records; the broker keeps it.
      sent += 10;
    }
    const record = await room(url, dataFolder);
    const count = async () =>
      (await queryStore({ dataFolder, sql: "SELECT count(*) FROM focus" })).rows[0]![0];
    await until(async () => ((await count()) === sent ? true : undefined), 20, `${sent} rows`);
    expect(sent).toBeGreaterThan(200);
    expect(record.state().damaged).toBe(0);
  }, 60_000);
});

describe.skipIf(!hasMosquitto)("a sink that is away (skipped where mosquitto is not installed)", () => {
  it("holds up nobody, and gets everything when it is back, a restart in between included", async () => {
    const { url } = await broker();
    const folder = await temporaryFolder();
    const well = moody("well");
    const ill = moody("ill");
    const open = () =>
      openRecorder(
        {
          mqtt: { url, clientId: "r" },
          root,
          sinks: [well.source, ill.source],
          bufferFolder: path.join(folder, "journal"),
          deadLettersFile: path.join(folder, "dead-letters.jsonl"),
          capacityBytes: 1e9,
        },
        { log, clock },
      );
    let recorder = await open();
    const client = await publisher(url);
    ill.place.up = false;
    await publishWindows(client, 0, 1500);
    await until(() => (well.place.took.flat().length === 1500 ? true : undefined));
    expect(recorder.state().sinks.ill).toMatchObject({ ok: false, backlog: 1500 });
    await recorder.close();
    expect([well.place.open, ill.place.open]).toEqual([false, false]);

    recorder = await open();
    onTestFinished(() => recorder.close());
    await until(() => (recorder.state().sinks.ill!.ok ? undefined : true));
    expect(recorder.state().sinks.ill).toMatchObject({ ok: false, backlog: 1500 });
    ill.place.up = true;
    await until(() => (ill.place.took.length > 0 ? true : undefined));
    await publishWindows(client, 1500, 1510);
    for (const { place } of [well, ill]) {
      const times = () => new Set(place.took.flat().map(({ time }) => (time - start) / 2000));
      await until(() => (times().size >= 1510 ? true : undefined));
      expect([...times()].sort((a, b) => a - b)).toEqual(Array.from({ length: 1510 }, (_, i) => i));
    }
    // What had been written before the restart was not written again: the cursor was on disk.
    expect(well.place.took.flat()).toHaveLength(1510);
  }, 60_000);
});
