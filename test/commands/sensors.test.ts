import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { connect } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { sensorOptions } from "../../gateway/sense/sensors/index.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

const ZIGBEE = JSON.stringify([
  {
    friendly_name: "Air Room 12",
    definition: {
      vendor: "Develco",
      model: "AQSZB-110",
      exposes: [{ property: "co2" }, { property: "humidity" }],
    },
  },
]);

describe("sensors scan", () => {
  it.skipIf(!hasMosquitto)(
    "lists what announces itself on a broker, with config that can be pasted (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto();
      const hub = connect(mosquitto.url);
      onTestFinished(() => void hub.end(true));
      await hub.publishAsync("zigbee2mqtt/bridge/devices", ZIGBEE, { retain: true, qos: 1 });
      const { code, out } = await cli([
        "sensors",
        "scan",
        "--mqtt",
        mosquitto.url,
        "--seconds",
        "1",
        "--json",
      ]);
      expect(code).toBe(0);
      const found = jsonLines<{ what: string; config: { driver: string } }>(out);
      expect(found.filter(({ config }) => config.driver === "mqtt")).toMatchObject([
        { config: { name: "air-room-12", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/Air Room 12" } },
      ]);
      expect(found[0]!.config, "pasted, it finds the same broker").toMatchObject({ url: mosquitto.url });
      for (const { config } of found) expect(sensorOptions.safeParse(config).error).toBeUndefined();
    },
    60_000,
  );

  it.skipIf(!hasMosquitto)(
    "gives the name it has logged in with, and where the password goes, but no password (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "right-horse" } });
      const hub = connect(mosquitto.url, { username: "gateway", password: "right-horse" });
      onTestFinished(() => void hub.end(true));
      await hub.publishAsync("zigbee2mqtt/bridge/devices", ZIGBEE, { retain: true, qos: 1 });
      const url = mosquitto.url.replace("//", "//gateway:right-horse@");
      const { code, out, err } = await cli(["sensors", "scan", "--mqtt", url, "--seconds", "1"]);
      expect(code).toBe(0);
      expect(out).toContain(`url: ${mosquitto.url}\n`);
      expect(out).toContain("username: gateway\n");
      expect(out).toContain("the broker's password goes into `password`");
      expect(out + err).not.toContain("horse");
    },
    60_000,
  );

  it("says what could not be asked, and exits with 1", async () => {
    const { code, err } = await cli(["sensors", "scan", "--mqtt", `mqtt://127.0.0.1:${await freePort()}`]);
    expect(code).toBe(1);
    expect(err).toContain("the broker could not be asked");
  }, 30_000);
});

describe.skipIf(!prepared)("sensors in a gateway (skipped without the model pack)", () => {
  it("are tried by doctor, one line each, with what to do", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "iio:device0"));
    for (const [file, text] of Object.entries({
      name: "scd30",
      in_concentration_co2_raw: "812",
      in_concentration_co2_scale: "0.0001",
    }))
      await writeFile(path.join(folder, "iio:device0", file), `${text}\n`);
    const { config } = await layRoom(prepared!, () => ({
      sensors: [
        { name: "chip", driver: "iio", device: "scd30", folder },
        { name: "meter", driver: "serial", path: "/dev/no-such-port", protocol: "mh-z19" },
      ],
    }));
    const { code, out } = await cli(["doctor", "--config", config, "--json"]);
    expect(code).toBe(1);
    const lines = jsonLines<{ check: string; result: string; says: string; advice?: string }>(out);
    const sensors = lines.filter(({ check }) => check === "sensor");
    expect(sensors).toMatchObject([
      { result: "ok", says: expect.stringContaining("chip: co2 812 [ppm]") },
      { result: "failed", says: expect.stringContaining("/dev/no-such-port"), advice: expect.any(String) },
    ]);
  }, 90_000);

  it("are published and recorded, stale air too; one that is away harms nothing, and none shows a password", async () => {
    const port = await freePort();
    const { config, ports } = await layRoom(prepared!, () => ({
      sensors: [
        { name: "air-1", driver: "simulated", everySeconds: 1, co2Ppm: 2000 },
        { name: "hub", driver: "mqtt", adapter: "esphome", topic: "air" },
        {
          name: "away",
          driver: "mqtt",
          adapter: "esphome",
          topic: "air",
          url: `mqtt://127.0.0.1:${port}`,
          username: "u",
          password: "horse-battery",
        },
      ],
      sense: { air: { forSeconds: 2 } },
    }));
    const gateway = await startGateway(config);
    try {
      const client = connect(`mqtt://127.0.0.1:${ports.broker}`);
      const heard = new Map<string, Record<string, unknown>>();
      client.on("message", (topic, payload) => {
        if (topic.includes("/sensor/") || topic.endsWith("/health"))
          heard.set(topic.replace("classroom/v1/test/r1/", ""), JSON.parse(payload.toString()));
      });
      await client.subscribeAsync("classroom/v1/test/r1/#");
      await until(
        async () => {
          await client.publishAsync("air/sensor/co2/state", "812", { qos: 1 });
          return heard.has("sensor/hub/co2") ? true : undefined;
        },
        30,
        "readings",
      );
      await until(
        () =>
          (heard.get("gateway/health")?.sensors as Record<string, string>)?.hub === "ok" ? true : undefined,
        20,
        "health",
      );
      await client.endAsync();
      expect(heard.get("sensor/hub/co2")).toMatchObject({ value: 812, unit: "[ppm]", quality: "ok" });
      expect(heard.get("sensor/air-1/temperature")).toMatchObject({ unit: "Cel", quality: "ok" });
      expect(heard.get("gateway/health")!.sensors).toEqual({ "air-1": "ok", hub: "ok", away: "lost" });
      // The air may have been found stale before anybody listened; the record has it.
      const asked =
        "SELECT device, quantity FROM environment UNION SELECT device, kind FROM event WHERE kind = 'air_stale'";
      await until(
        async () => {
          const { out } = await cli(["query", asked, "--format", "csv", "--config", config]);
          return ["hub,co2", "air-1,noise", "air-1,air_stale"].every((row) => out.includes(row)) || undefined;
        },
        60,
        "the record",
      );
    } finally {
      await endGateway(gateway);
    }
    expect(gateway.out() + gateway.err()).not.toContain("horse-battery");
  }, 120_000);
});
