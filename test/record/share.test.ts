import { connectAsync } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { openCrowd } from "../../gateway/record/crowd.ts";
import { openRecord, recordOptions } from "../../gateway/record/record.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const log = createLogger("error", false);

describe.skipIf(!hasMosquitto || !hasInflux)(
  "recorders that share (skipped without mosquitto or influxd)",
  () => {
    it("split the work between them, and together they write every message", async () => {
      const broker = await startMosquitto({ extra: ["max_queued_messages 0"] });
      onTestFinished(() => broker.stop());
      const influx = await startInflux();
      onTestFinished(() => influx.stop());
      const recorders = await Promise.all(
        ["a", "b"].map(async (name) => {
          const options = { embedded: false, share: "school", influx: { version: "1", url: influx.url } };
          const record = await openRecord(recordOptions.parse(options), {
            mqtt: { url: broker.url, clientId: `recorder-${name}` },
            root: "classroom/v1/north/+",
            dataFolder: await temporaryFolder(),
            log,
            clock,
          });
          onTestFinished(() => record.close());
          return record;
        }),
      );
      await until(() => recorders.every((one) => one.state().listening) || undefined);
      const client = await connectAsync(broker.url);
      onTestFinished(() => client.endAsync(true));
      await Promise.all(
        Array.from({ length: 1000 }, (_, i) => {
          const reading = { time: new Date(1.79e12 + i).toISOString(), value: i, unit: "1", quality: "ok" };
          return client.publishAsync("classroom/v1/north/1/sensor/d/q", JSON.stringify(reading), { qos: 1 });
        }),
      );
      const count = async () => (await influx.query("SELECT count(value) FROM environment"))[0]?.count;
      await until(async () => ((await count()) === 1000 ? true : undefined));
      // The database has a batch a moment before the recorder has counted it.
      const shares = () => recorders.map((one) => one.state().sinks.influx!.written);
      await until(() => shares()[0]! + shares()[1]! === 1000 || undefined);
      expect(Math.min(...shares())).toBeGreaterThan(100);
    });
  },
);

it("a crowd is bounded for each room, and who is known stays known", () => {
  const crowd = openCrowd(2);
  const of = (room: string, device: string) =>
    crowd.admits({
      measurement: "environment",
      tags: { site: "s", room, device, quantity: "co2" },
      fields: { value: 1 },
      time: 0,
    });
  expect([of("1", "a"), of("1", "b"), of("1", "c"), of("1", "a"), of("2", "c")]).toEqual([
    true,
    true,
    false,
    true,
    true,
  ]);
});
