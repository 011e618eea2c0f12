import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt, type MqttConnection } from "../../gateway/mqtt.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines, type Running } from "../support/cli.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { childProcesses, isAlive } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

/** What a test started, to be ended whatever came of it. */
const running: Running[] = [];
const listening: MqttConnection[] = [];
afterEach(async () => {
  await Promise.all(listening.splice(0).map((connection) => connection.close()));
  await Promise.all(running.splice(0).map(endGateway));
});

const room = (more: Record<string, unknown> = {}) => layRoom(prepared!, () => more);

async function start(config: string): Promise<Running> {
  const gateway = await startGateway(config);
  running.push(gateway);
  return gateway;
}

/** Hears everything under the room, newest last. */
async function listen(url: string, login: { username?: string; password?: string } = {}) {
  const heard: Array<{ topic: string; payload: string }> = [];
  const connection = connectMqtt(
    { url, ...login, clientId: `listener-${Math.random()}`, cleanSession: true },
    createLogger("error"),
  );
  listening.push(connection);
  connection.onMessage(
    async (topic, payload) =>
      void heard.push({ topic: topic.replace("classroom/v1/test/r1/", ""), payload: payload.toString() }),
  );
  await connection.subscribe("classroom/v1/test/r1/#");
  const windows = () =>
    heard
      .filter(({ topic }) => topic === "focus")
      .map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);
  return { connection, heard, windows };
}

const ready = (port: number) =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(async (answer) => ({
    status: answer.status,
    body: (await answer.json()) as { reasons: string[] },
  }));

describe.skipIf(!prepared)("run (skipped without the model pack)", () => {
  it("publishes, records, answers and obeys, and leaves nothing behind when it is stopped", async () => {
    const { config, data, ports } = await room();
    const gateway = await start(config);
    const { connection, heard, windows } = await listen(`mqtt://127.0.0.1:${ports.broker}`);
    await until(() => windows().find(({ quality }) => quality === "ok"), 40, "a window that says something");

    const first = windows().find(({ quality }) => quality === "ok")!;
    expect(first).toMatchObject({ window_s: 10, expected: 12, activity: "lecture", provider: "cpu:float32" });
    expect(first.model).toMatch(/^[\w.-]+@[0-9a-f]{8}$/);
    expect(new Date(first.time as string).getTime() % 10_000).toBe(0);
    expect(heard.find(({ topic }) => topic === "gateway/state")?.payload).toBe("online");
    expect((await ready(ports.health)).status).toBe(200);

    const asked = await until(
      async () => {
        const { code, out } = await cli([
          "query",
          "SELECT time, focus, quality FROM focus WHERE quality = 'ok' ORDER BY time",
          "--json",
          "--config",
          config,
        ]);
        return code === 0 && out.trim() ? jsonLines(out) : undefined;
      },
      10,
      "a recorded window",
    );
    expect(asked[0]).toMatchObject({ time: first.time, focus: first.focus, quality: "ok" });

    await connection.publish(
      "classroom/v1/test/r1/set/activity",
      JSON.stringify({ activity: "group", lesson: "Biology" }),
      { retain: false },
    );
    await until(
      () => windows().find(({ activity, lesson }) => activity === "group" && lesson === "Biology"),
      15,
      "the new activity",
    );
    await connection.publish("classroom/v1/test/r1/set/mark", "the bell rang", { retain: false });
    await until(
      () => heard.find(({ topic, payload }) => topic === "event/mark" && payload.includes("the bell rang")),
      10,
      "the mark",
    );
    await connection.publish("classroom/v1/test/r1/set/pause", "on", { retain: false });
    const paused = await until(
      () => windows().find(({ quality }) => quality === "paused"),
      15,
      "a paused window",
    );
    expect(paused).toMatchObject({ focus: null, targets: null, heads: null });
    await connection.publish("classroom/v1/test/r1/set/pause", "off", { retain: false });
    const before = windows().length;
    await until(
      () =>
        windows()
          .slice(before)
          .find(({ quality }) => quality === "ok"),
      30,
      "a window after the pause",
    );

    const children = childProcesses(gateway.child.pid!);
    expect(children.length).toBeGreaterThan(0);
    gateway.child.kill("SIGINT");
    expect(await gateway.ended).toBe(0);
    expect(children.filter(isAlive)).toEqual([]);
    await expect(readFile(path.join(data, "gateway.lock"))).rejects.toMatchObject({ code: "ENOENT" });
    const after = await cli(["query", "SELECT count(*) AS n FROM focus", "--json", "--config", config]);
    expect(Number(jsonLines<{ n: number }>(after.out)[0]!.n)).toBeGreaterThanOrEqual(4);
  }, 150_000);

  it("plays a folder of pictures as its camera", async () => {
    const pictures = path.join(await temporaryFolder(), "pictures");
    await cli(["simulate", "smoke", "--out", pictures, "--fps", "0.5", "--students", "12"]);
    const { config, ports } = await room({ cameras: [{ driver: "files", name: "film", path: pictures }] });
    await start(config);
    const { windows } = await listen(`mqtt://127.0.0.1:${ports.broker}`);
    const window = await until(
      () => windows().find(({ quality }) => quality === "ok"),
      40,
      "a window that says something",
    );
    expect(window.heads).toBeGreaterThanOrEqual(10);
  }, 90_000);

  it("comes back after kill -9: the lock is taken over and what was recorded is still there", async () => {
    const { config, ports } = await room();
    const gateway = await start(config);
    const { windows } = await listen(`mqtt://127.0.0.1:${ports.broker}`);
    await until(() => windows().find(({ quality }) => quality === "ok"), 40, "a window that says something");
    gateway.child.kill("SIGKILL");
    await gateway.ended;
    await start(config);
    const { out } = await cli(["query", "SELECT count(*) AS n FROM focus", "--json", "--config", config]);
    expect(Number(jsonLines<{ n: number }>(out)[0]!.n)).toBeGreaterThan(0);
  }, 120_000);

  describe("bad beginnings, each with a clear message", () => {
    it("refuses a port that is in use, and names its key", async () => {
      const { config, ports } = await room();
      const other = createServer().listen(ports.broker, "127.0.0.1");
      try {
        const { code, err } = await cli(["run", "--config", config]);
        expect(code).toBe(2);
        expect(err).toContain(`127.0.0.1:${ports.broker}`);
        expect(err).toContain("broker.port");
      } finally {
        other.close();
      }
    });

    it("refuses a second gateway on the same data folder", async () => {
      const { config, folder, ports } = await room();
      await start(config);
      const second = path.join(folder, "second.yaml");
      const text = (await readFile(config, "utf8")).replace(String(ports.broker), String(await freePort()));
      await writeFile(second, text);
      const { code, err } = await cli(["run", "--config", second]);
      expect(code).toBe(2);
      expect(err).toContain("DATA_FOLDER_IN_USE");
    }, 60_000);

    it("refuses a model file that is not the one its manifest names", async () => {
      const { config, models } = await room();
      await appendFile(path.join(models, path.basename(prepared!.pack.models.pose.path)), "x");
      const { code, err } = await cli(["run", "--config", config]);
      expect(code).toBe(1);
      expect(err).toContain("MODEL_HASH");
      expect(err).toContain(path.basename(prepared!.pack.models.pose.path));
    });

    it("says where to place the model files when the registry cannot be reached", async () => {
      const folder = await temporaryFolder();
      const environment = { FOCUS_GATEWAY_DATA: folder, npm_config_registry: "http://127.0.0.1:9/" };
      const { code, err } = await cli(["models", "prepare"], environment);
      expect(code).toBe(1);
      expect(err).toContain("MODEL_FETCH_FAILED");
      expect(err).toContain(prepared!.manifest.models.detect.sha256);
      expect(err).toContain(folder);
    }, 60_000);
  });

  it.skipIf(!hasMosquitto || !hasInflux)(
    "goes through an external Mosquitto with a password into a real InfluxDB that comes up late (skipped without mosquitto and influxd)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "s3cret-of-the-test" } });
      const port = await freePort();
      const { config, ports } = await room({
        mqtt: { url: mosquitto.url, username: "gateway", password: "s3cret-of-the-test" },
        record: {
          embedded: false,
          influx: { version: "1", url: `http://127.0.0.1:${port}`, database: "focus" },
        },
      });
      const gateway = await start(config);
      const { windows } = await listen(mosquitto.url, {
        username: "gateway",
        password: "s3cret-of-the-test",
      });
      await until(
        () => windows().find(({ quality }) => quality === "ok"),
        40,
        "a window that says something",
      );
      const { status, body } = await ready(ports.health);
      expect(status).toBe(503);
      expect(body.reasons.join(" ")).toContain("influx");

      const influx = await startInflux({ port });
      try {
        const published = await until(() => windows().find(({ quality }) => quality === "ok"), 5);
        const row = await until(
          async () => {
            const rows = await influx.query("SELECT * FROM focus").catch(() => []);
            return rows.find(({ time }) => time === new Date(published.time as string).getTime());
          },
          60,
          "the window in InfluxDB",
        );
        expect(row).toMatchObject({
          site: "test",
          room: "r1",
          focus: published.focus,
          low: published.low,
          high: published.high,
          quality: "ok",
        });
        expect(gateway.err() + gateway.out()).not.toContain("s3cret");
      } finally {
        gateway.child.kill("SIGTERM");
        await gateway.ended;
        await influx.stop();
        await mosquitto.stop();
      }
    },
    150_000,
  );

  it.skipIf(!hasMosquitto)(
    "says that the broker refuses the password, and keeps the messages on disk (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "right" } });
      try {
        const { config, ports } = await room({
          mqtt: { url: mosquitto.url, username: "gateway", password: "wr0ng-of-the-test" },
          record: { embedded: false },
        });
        const gateway = await start(config);
        await gateway.says(/refuses the gateway/, 20);
        const waiting = await until(
          async () => {
            const metrics = await fetch(`http://127.0.0.1:${ports.health}/metrics`).then((answer) =>
              answer.text(),
            );
            return Number(/^focus_gateway_spool_messages (\d+)/m.exec(metrics)?.[1] ?? 0) > 1
              ? true
              : undefined;
          },
          30,
          "messages in the spool",
        );
        expect(waiting).toBe(true);
        expect((await ready(ports.health)).body.reasons.join(" ")).toContain("refuses");
        expect(gateway.err()).not.toContain("wr0ng");
      } finally {
        for (const gateway of running) gateway.child.kill("SIGTERM");
        await Promise.all(running.map(({ ended }) => ended));
        await mosquitto.stop();
      }
    },
    90_000,
  );
});
