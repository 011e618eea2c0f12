import { appendFile, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { listen } from "../support/listener.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { childProcesses, isAlive } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { layRoom, ready, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

const room = (more: Record<string, unknown> = {}) => layRoom(prepared!, () => more);

describe.skipIf(!prepared)("run (skipped without the model pack)", () => {
  it("publishes, records, answers and obeys, and leaves nothing behind when it is stopped", async () => {
    const { config, data, ports } = await room();
    const gateway = await startGateway(config);
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
    await startGateway(config);
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
    const gateway = await startGateway(config);
    const { windows } = await listen(`mqtt://127.0.0.1:${ports.broker}`);
    await until(() => windows().find(({ quality }) => quality === "ok"), 40, "a window that says something");
    gateway.child.kill("SIGKILL");
    await gateway.ended;
    await startGateway(config);
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
      await startGateway(config);
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
});
