import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

/** A secret for each place in a config where one can stand, and the config of a school that uses them all. */
async function secretive(folder: string) {
  const random = (name: string) => `${name}${randomBytes(8).toString("hex")}`;
  const secrets = Object.fromEntries(
    [
      "broker",
      "health",
      "camera",
      "query",
      "sensor",
      "userinfo",
      "influx",
      "webhook",
      "path",
      "store",
      "env",
      "mqtt",
    ].map((name) => [name, random(name)]),
  ) as Record<string, string>;
  const page = bcrypt.hashSync("page", 4);
  const editor = bcrypt.hashSync("editor", 4);
  const tokenFile = path.join(folder, "health-token");
  await writeFile(tokenFile, `${secrets.health}\n`);
  const username = "jane.q.teacher";
  const nowhere = `127.0.0.1:${await freePort()}`;
  const settings = {
    cameras: [
      { driver: "simulated", name: "front", students: 12 },
      {
        driver: "rtsp",
        name: "back",
        url: `rtsp://${nowhere}/user=admin_password=${secrets.path}?pwd=${secrets.query}`,
        username,
        password: secrets.camera,
      },
    ],
    sensors: [
      {
        driver: "mqtt",
        name: "air-1",
        adapter: "tasmota",
        topic: "air",
        url: `mqtt://who:${secrets.userinfo}@${nowhere}`,
        username,
        password: secrets.sensor,
      },
    ],
    record: {
      influx: {
        version: "2",
        url: `http://${nowhere}`,
        org: "school",
        bucket: "focus",
        token: secrets.influx,
      },
    },
    flows: {
      webhook: { url: `http://${nowhere}/services/${secrets.path}`, token: secrets.webhook },
      xapi: {
        url: `http://${nowhere}/xapi`,
        homePage: "https://school.example",
        username,
        password: { env: "FOCUS_TEST_STORE" },
      },
    },
    page: { username, passwordHash: page },
    editor: { passwordHash: editor },
    health: { token: { file: tokenFile } },
    users: [{ username: "room", password: secrets.broker }],
  };
  const environment = { FOCUS_TEST_STORE: secrets.store! };
  return { settings, environment, never: [...Object.values(secrets), page, editor, username] };
}

/** Every text that is in an archive, by its name. */
async function unpacked(archive: string): Promise<Record<string, string>> {
  const folder = await temporaryFolder();
  execFileSync("tar", ["-xzf", archive, "-C", folder]);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const place = path.join(entry.parentPath, entry.name);
      return [path.relative(folder, place), readFileSync(place, "utf8")];
    }),
  );
}

const foundIn = (texts: Record<string, string>, words: readonly string[]) =>
  Object.entries(texts).flatMap(([name, text]) =>
    words.filter((word) => text.includes(word)).map((word) => `${word} in ${name}`),
  );

describe("a support bundle", () => {
  it("needs no gateway and no models, is for its maker only, overwrites nothing, and tells what is in it", async () => {
    const folder = await temporaryFolder();
    const { settings, environment, never } = await secretive(folder);
    const { cameras, sensors, record, flows, page, editor, health, users } = settings;
    const config = path.join(folder, "gateway.yaml");
    await mkdir(path.join(folder, "data", "node-red"), { recursive: true });
    await writeFile(path.join(folder, "data", "node-red", "jane's flow.json"), "{}");
    await writeFile(
      config,
      stringify({
        site: "riverside",
        room: "room-12",
        dataFolder: "data",
        cameras,
        sensors,
        record,
        broker: { users },
        show: { live: { page, editor }, flows, health: { ...health, port: await freePort() } },
      }),
    );
    const out = path.join(folder, "support.tar.gz");
    const args = ["bundle", "--no-doctor", "--config", config];
    const made = await cli([...args, "--out", out], environment);
    expect(made).toMatchObject({ code: 0 });
    expect(made.out).toMatch(/config\.yaml .*the config, defaults filled in, secrets taken out/);
    expect(made.out).toContain("goes nowhere by itself");
    expect(statSync(out).mode & 0o777).toBe(0o600);

    const texts = await unpacked(out);
    expect(Object.keys(texts)).toEqual(
      expect.arrayContaining([
        "README.txt",
        "audit.txt",
        "config.yaml",
        "files.txt",
        "running/readyz.json",
        "versions.json",
      ]),
    );
    expect(foundIn(texts, [...never, "jane"])).toEqual([]);
    expect(texts["config.yaml"]).toContain("minimumGroup: 5");
    expect(texts["config.yaml"]).toContain('password: "[hidden]"');
    expect(texts["running/readyz.json"]).toContain("no answer");
    expect(JSON.parse(texts["versions.json"]!)).toMatchObject({
      packages: { mqtt: expect.stringMatching(/^\d/) },
    });

    const again = await cli([...args, "--out", out], environment);
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining("cannot write") });
    const shown = await cli([...args, "--show"], environment);
    expect(shown.out).toContain("minimumGroup: 5");
    expect(foundIn({ shown: shown.out, made: made.out + made.err }, never)).toEqual([]);
    const log = await cli(["audit", "--config", config, "--json"], environment);
    expect(jsonLines(log.out).at(-1)).toMatchObject({ kind: "exported", about: { what: "support bundle" } });
  }, 60_000);

  it("is made of a config that cannot be used, too, and says why it cannot", async () => {
    const folder = await temporaryFolder();
    const config = path.join(folder, "gateway.yaml");
    await writeFile(
      config,
      "site: riverside\nroom: 12\nmqtt:\n  url: mqtt://a:hunter-22@x\n  pasword: hunter-23\n  password: *hunter-24\n",
    );
    const out = path.join(folder, "support.tar.gz");
    expect(await cli(["bundle", "--config", config, "--out", out])).toMatchObject({ code: 0 });
    const texts = await unpacked(out);
    expect(Object.keys(texts).sort()).toEqual(
      [
        "README.txt",
        "config-problem.txt",
        "versions.json",
        ...(texts["sbom.cdx.json"] ? ["sbom.cdx.json"] : []),
      ].sort(),
    );
    expect(texts["config-problem.txt"]).toMatch(/line \d/);
    expect(foundIn(texts, ["hunter"])).toEqual([]);
  }, 60_000);

  it.skipIf(!prepared)(
    "of a gateway that runs holds how it does, and nothing of what it saw, heard or was told",
    async () => {
      const folder = await temporaryFolder();
      const { settings, environment, never } = await secretive(folder);
      const { cameras, sensors, record, flows, page, editor, health, users } = settings;
      const words = { lesson: "Quokka studies", mark: "Axolotl came in", notice: "Okapi" };
      const room = await layRoom(prepared!, (ports) => ({
        cameras,
        sensors,
        record,
        broker: { port: ports.broker, users },
        show: { live: { port: ports.live, page, editor }, flows, health: { ...health, port: ports.health } },
      }));
      const gateway = await startGateway(room.config, environment);
      const heard: string[] = [];
      const teacher = connectMqtt(
        {
          url: `mqtt://127.0.0.1:${room.ports.broker}`,
          username: "room",
          password: users[0]!.password!,
          clientId: "t",
          cleanSession: true,
        },
        createLogger("silent" as "error", false),
      );
      try {
        teacher.onMessage(async (topic, payload) => void heard.push(`${topic} ${payload}`));
        await teacher.subscribe("#");
        const root = "classroom/v1/test/r1";
        await until(() => teacher.subscribed || undefined, 15, "the broker");
        await teacher.publish(
          `${root}/set/activity`,
          JSON.stringify({ activity: "lecture", lesson: words.lesson }),
          { retain: false },
        );
        await teacher.publish(`${root}/set/mark`, words.mark, { retain: false });
        await teacher.publish(`${root}/set/notice`, words.notice, { retain: false });
        // Not the windows' lesson: a drawn class says for itself what is going on.
        for (const word of [`${root}/focus `, "event/activity", "event/mark", "event/notice"])
          await until(() => heard.some((line) => line.includes(word)) || undefined, 60, word);
        expect(heard.join()).toContain(words.lesson);

        const out = path.join(folder, "support.tar.gz");
        expect(await cli(["bundle", "--config", room.config, "--out", out], environment)).toMatchObject({
          code: 0,
        });
        const texts = await unpacked(out);
        expect(foundIn(texts, [...never, ...Object.values(words)])).toEqual([]);
        expect(texts["running/metrics.txt"]).toContain("focus_gateway_uptime_seconds");
        expect(texts["running/metrics.txt"]).not.toMatch(/focus_ratio|coverage_ratio/);
        expect(JSON.parse(texts["running/readyz.json"]!)).toMatchObject({ ready: false });
        expect(texts["doctor.jsonl"]).toMatch(/"check":"gateway".*running, not ready/);
        expect(texts["audit.txt"]).toMatch(/^\S+ {2}started$/m);
        expect(texts["files.txt"]).toContain("store.duckdb");
        expect(Object.keys(texts).filter((name) => /duckdb|spool|journal|\.log$/.test(name))).toEqual([]);
      } finally {
        await teacher.close();
        await endGateway(gateway);
      }
    },
    150_000,
  );
});
