import { expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { openRecord, queryStore, recordOptions } from "../../gateway/record/record.ts";
import { temporaryFolder } from "../support/places.ts";

it("behind the embedded broker, closing at once after 200 messages loses none of them", async () => {
  const log = createLogger("error", false);
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  const dataFolder = await temporaryFolder();
  const root = "classroom/v1/north/101";
  const login = { ...broker.login, url: broker.url };
  const record = await openRecord(recordOptions.parse({}), {
    mqtt: { ...login, clientId: "recorder" },
    root,
    dataFolder,
    log,
    clock,
  });
  const publisher = connectMqtt({ ...login, clientId: "publisher", cleanSession: true }, log);
  await new Promise<void>((resolve) => publisher.onState((state) => state === "connected" && resolve()));
  // Older rows than it keeps would go at the upkeep of the first hour.
  const now = Date.now();
  for (let i = 0; i < 200; i += 1) {
    const reading = { time: new Date(now + i).toISOString(), value: i, unit: "1", quality: "ok" };
    await publisher.publish(`${root}/sensor/d/q`, JSON.stringify(reading), { retain: false });
  }
  await publisher.close();
  await record.close();
  await record.close();
  await broker.close();
  const { rows } = await queryStore({ dataFolder, sql: "SELECT count(*), sum(value) FROM environment" });
  expect(rows).toEqual([[200, 19900]]);
});
