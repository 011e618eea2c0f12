import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { afterEach, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { checkAudit } from "../../gateway/audit.ts";
import { keepPause } from "../../gateway/pause.ts";
import { issue, makeAuthority } from "../../gateway/setup/certificates.ts";
import { preparedForTests } from "../models/prepared.ts";
import { startWebCamera } from "../support/camera.ts";
import { cli, jsonLines, type Running } from "../support/cli.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, ready, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

interface Line {
  readonly check: string;
  readonly result: "ok" | "warning" | "failed";
  readonly says: string;
  readonly advice?: string;
}

let gateway: Running | undefined;
afterEach(async () => {
  if (gateway) await endGateway(gateway);
  gateway = undefined;
});

async function examine(config: string) {
  const { code, out } = await cli(["doctor", "--config", config, "--json"]);
  const lines = jsonLines<Line>(out);
  return { code, lines, of: (check: string) => lines.find((line) => line.check === check) };
}

describe.skipIf(!prepared)("doctor (skipped without the model pack)", () => {
  it("finds everything in order in a room that is, a line a check", async () => {
    const { config } = await layRoom(prepared!);
    const { code, lines, of } = await examine(config);
    expect(code).toBe(0);
    expect(lines.map(({ check }) => check)).toEqual([
      "config",
      "rights",
      "version",
      "secrets",
      "disk",
      "clock",
      "broker",
      "store",
      "sensors",
      "models",
      "camera",
    ]);
    expect(of("models")!.says).toContain("cpu, float32");
    expect(of("camera")!.says).toMatch(/front: 1280×720/);
    expect(lines.filter(({ result }) => result === "failed")).toEqual([]);
  }, 60_000);

  it("says of each thing that fails what to do about it, and goes on to the next", async () => {
    const { config, models } = await layRoom(prepared!, () => ({
      mqtt: { url: `mqtt://127.0.0.1:1` },
      record: { embedded: false, influx: { version: "1", url: "http://127.0.0.1:1" } },
    }));
    await rm(path.join(models, path.basename(prepared!.pack.models.pose.path)));
    const registry = { npm_config_registry: "http://127.0.0.1:9/" };
    const { code, out } = await cli(["doctor", "--config", config, "--json"], registry);
    expect(code).toBe(1);
    const failed = jsonLines<Line>(out).filter(({ result }) => result === "failed");
    expect(failed.map(({ check }) => check)).toEqual(["broker", "influx", "cameras"]);
    for (const { advice } of failed) expect(advice).toBeTruthy();
  }, 90_000);

  it.skipIf(!hasMosquitto)(
    "tells a wrong password from a broker that is away (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "right" } });
      try {
        const { config } = await layRoom(prepared!, () => ({
          mqtt: { url: mosquitto.url, username: "gateway", password: "wrong" },
        }));
        const { of } = await examine(config);
        expect(of("broker")).toMatchObject({
          result: "failed",
          says: expect.stringContaining("refuses the gateway"),
        });
      } finally {
        await mosquitto.stop();
      }
    },
    60_000,
  );

  it.skipIf(!hasMosquitto)(
    "tells no password that stands in the broker's address (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "s3cret" } });
      try {
        const { config } = await layRoom(prepared!, () => ({
          mqtt: { url: mosquitto.url.replace("//", "//gateway:s3cret@") },
        }));
        const { of } = await examine(config);
        expect(of("broker")).toMatchObject({ result: "ok", says: `${mosquitto.url} lets the gateway in` });
      } finally {
        await mosquitto.stop();
      }
    },
    60_000,
  );

  it("says of each certificate until when it holds, in its last month what to do, and that it has run out", async () => {
    const folder = await temporaryFolder();
    const day = 86_400_000;
    const lay = async (name: string, made: number) => {
      const authority = await makeAuthority("School", made);
      const { certificate, key } = await issue(authority, ["127.0.0.1"], made);
      const files = {
        certificate: path.join(folder, `${name}.pem`),
        key: path.join(folder, `${name}-key.pem`),
      };
      await writeFile(files.certificate, certificate);
      await writeFile(files.key, key);
      return files;
    };
    const { config } = await layRoom(prepared!, (ports) => ({
      privacy: { profile: "off" },
      broker: { port: ports.broker },
    }));
    const tls = {
      broker: await lay("broker", Date.now()),
      live: await lay("live", Date.now() - 815 * day),
      health: await lay("health", Date.now() - 900 * day),
    };
    const settings = parse(await readFile(config, "utf8"));
    settings.broker.tls = tls.broker;
    settings.show.live.tls = tls.live;
    settings.show.health.tls = tls.health;
    await writeFile(config, stringify(settings));
    const { code, lines } = await examine(config);
    expect(code).toBe(1);
    expect(lines.filter(({ check }) => check === "certificate")).toMatchObject([
      {
        result: "ok",
        says: expect.stringMatching(/^broker\.tls: it holds until 20\d\d-\d\d-\d\d, 82\d days$/),
      },
      {
        result: "warning",
        says: expect.stringContaining("show.live.tls"),
        advice: expect.stringContaining("setup"),
      },
      { result: "failed", says: expect.stringMatching(/^show\.health\.tls: it ran out on/) },
    ]);
  }, 60_000);

  it("looks through no camera while a teacher's pause holds, though no gateway runs", async () => {
    const { config, data } = await layRoom(prepared!);
    await keepPause(data, { until: null });
    const { of } = await examine(config);
    expect(of("camera")).toMatchObject({
      result: "warning",
      says: expect.stringContaining("the teacher keeps them shut"),
    });
    expect((await checkAudit(data)).entries).toEqual([]);
  }, 60_000);

  it("says of fewer people than the profile's groups no more than that", async () => {
    const signoff = {
      ...{ allows: "research", site: "test", rooms: ["r1"], role: "head of school" },
      ...{ assessedBy: "A. Writer", signedBy: "B. Head", signedOn: "2026-01-01", validUntil: "2099-12-31" },
      basis: "Assessment 2026-17, kept at the school office.",
    };
    const file = path.join(await temporaryFolder(), "signoff.yaml");
    await writeFile(file, stringify(signoff));
    const { config } = await layRoom(prepared!, () => ({
      cameras: [{ driver: "simulated", name: "front", students: 8, framesPerSecond: 2 }],
      privacy: { profile: "research", signoff: file },
    }));
    const { of } = await examine(config);
    expect(of("camera")!.says).toContain("fewer than 10 faces found");
  }, 60_000);

  it("says that a camera's file is not there", async () => {
    const { config } = await layRoom(prepared!, () => ({
      cameras: [{ driver: "files", name: "film", path: "nowhere.mp4" }],
    }));
    const { code, of } = await examine(config);
    expect(code).toBe(1);
    expect(of("camera")).toMatchObject({ result: "failed", says: expect.stringContaining("nowhere.mp4") });
  }, 60_000);

  it("looks through each camera, and says what to do about each trouble", async () => {
    const picture = await sharp({ create: { width: 320, height: 240, channels: 3, background: "#808080" } })
      .jpeg()
      .toBuffer();
    const web = await startWebCamera({ pictures: [picture] });
    web.login = { scheme: "digest", user: "viewer", password: "right" };
    try {
      const url = `http://127.0.0.1:${web.port}/picture.jpg`;
      const dim = { brightness: 0.1, warmth: 0 };
      const { config } = await layRoom(prepared!, () => ({
        cameras: [
          { driver: "simulated", name: "front" },
          { driver: "simulated", name: "night", lighting: dim },
          { driver: "http", name: "locked", url, username: "viewer", password: "wrong" },
          { driver: "rtsp", name: "gone", url: "rtsp://127.0.0.1:9/stream" },
        ],
      }));
      const { code, lines } = await examine(config);
      expect(code).toBe(1);
      const of = (name: string) => lines.find(({ says }) => says.startsWith(`${name}: `));
      expect(of("front")).toMatchObject({ result: "ok", says: expect.stringMatching(/brightness \d+ %/) });
      expect(of("front")!.says).toMatch(/1280×720, \d\.\d pictures\/s, .*, (\d+|fewer than \d+) faces found/);
      expect(of("night")).toMatchObject({
        result: "failed",
        says: expect.stringContaining("too dark"),
        advice: expect.stringContaining("light"),
      });
      expect(of("locked")).toMatchObject({
        result: "failed",
        says: expect.stringContaining("refuses user and password"),
        advice: expect.stringContaining("password"),
      });
      expect(of("gone")).toMatchObject({
        result: "failed",
        says: expect.stringContaining("nothing answers at 127.0.0.1:9"),
      });
    } finally {
      await web.close();
    }
  }, 90_000);

  it("opens no camera that may not be open, and writes down when it opened one", async () => {
    const shut = await layRoom(prepared!, () => ({ privacy: { profile: "off" } }));
    const { code, of } = await examine(shut.config);
    expect(code).toBe(0);
    expect(of("camera")).toMatchObject({
      result: "warning",
      says: expect.stringContaining("the profile is off"),
    });
    await expect(readFile(path.join(shut.data, "audit.jsonl"))).rejects.toThrow("ENOENT");

    const open = await layRoom(prepared!);
    expect((await examine(open.config)).of("camera")).toMatchObject({ result: "ok" });
    const entries = (await readFile(path.join(open.data, "audit.jsonl"), "utf8")).trim().split("\n");
    expect(entries.map((line) => JSON.parse(line))).toMatchObject([
      { kind: "cameras_opened", about: { by: "doctor" } },
      { kind: "cameras_closed", about: { by: "doctor" } },
    ]);
  }, 90_000);

  it("asks a gateway that runs how each camera and sensor does, leaves them alone, and says what to do", async () => {
    const web = await startWebCamera({ pictures: [] });
    web.login = { scheme: "digest", user: "viewer", password: "right" };
    const url = `http://127.0.0.1:${web.port}/picture.jpg`;
    const { config, ports } = await layRoom(prepared!, () => ({
      cameras: [
        { driver: "simulated", name: "front", students: 12 },
        { driver: "http", name: "locked", url, username: "viewer", password: "wrong" },
        { driver: "rtsp", name: "gone", url: "rtsp://127.0.0.1:9/stream" },
      ],
      sensors: [
        { driver: "simulated", name: "air-1" },
        {
          ...{ driver: "modbus", name: "air-2", line: { host: "127.0.0.1", port: 9 } },
          registers: [{ quantity: "co2", address: 0 }],
        },
      ],
    }));
    gateway = await startGateway(config);
    const seen = (text: string) => async () =>
      (await ready(ports.health)).body.reasons.some((why) => why.includes(text)) || undefined;
    await until(seen("camera gone is lost: nothing answers at 127.0.0.1:9"), 30);
    await until(seen("camera locked is lost: http://127.0.0.1"), 30);
    await until(async () => !(await seen("camera front")()) || undefined, 30);
    const { code, lines, of } = await examine(config);
    expect(code).toBe(1);
    expect(of("rights")!.says).toContain("a gateway is using it");
    expect(of("gateway")).toMatchObject({ result: "failed", says: expect.stringContaining("camera gone") });
    expect(lines.filter(({ check }) => check === "camera")).toMatchObject([
      { result: "ok", says: "front: in order, says the gateway that runs" },
      {
        result: "failed",
        says: expect.stringContaining("locked: lost: http://127.0.0.1"),
        advice: expect.stringContaining("`username` and `password`"),
      },
      {
        result: "failed",
        says: expect.stringContaining("gone: lost: nothing answers at 127.0.0.1:9"),
        advice: expect.stringContaining("address"),
      },
    ]);
    expect(lines.filter(({ check }) => check === "sensor")).toMatchObject([
      { result: "ok", says: "air-1: in order, says the gateway that runs" },
      {
        result: "failed",
        says: expect.stringMatching(/^air-2: lost: .+/),
        advice: expect.stringContaining("address"),
      },
    ]);
    expect(of("models"), "it opens no eye of its own").toBeUndefined();
  }, 90_000);

  it("stops at a config that is none, with its errors and exit code 2", async () => {
    const { code, err } = await cli(["doctor", "--config", `no-such-${await freePort()}.yaml`]);
    expect(code).toBe(2);
    expect(err).toContain("CONFIG_UNREADABLE");
  });
});
