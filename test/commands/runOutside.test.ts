import { describe, expect, it } from "vitest";
import { preparedForTests } from "../models/prepared.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { listen } from "../support/listener.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { layRoom, ready, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

const room = (more: Record<string, unknown> = {}) => layRoom(prepared!, () => more);

describe.skipIf(!prepared)("run with servers of the school's (skipped without the model pack)", () => {
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
      const gateway = await startGateway(config);
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
    },
    150_000,
  );

  it.skipIf(!hasMosquitto)(
    "says that the broker refuses the password, and keeps the messages on disk (skipped without mosquitto)",
    async () => {
      const mosquitto = await startMosquitto({ users: { gateway: "right" } });
      const { config, ports } = await room({
        mqtt: { url: mosquitto.url, username: "gateway", password: "wr0ng-of-the-test" },
        record: { embedded: false },
      });
      const gateway = await startGateway(config);
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
    },
    90_000,
  );
});
