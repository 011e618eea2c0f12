import { connect, type MqttClient } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { brokerOptions, openBroker } from "../../../gateway/publish/publish.ts";
import { mqtt } from "../../../gateway/sense/sensors/mqtt.ts";
import { describeSensor, nextMeasurements, nextReport, sensorContext } from "../../contracts/sensor.ts";
import { hasMosquitto, startMosquitto } from "../../support/mosquitto.ts";
import { until } from "../../support/programs.ts";

const options = (more: object) => mqtt.options.parse({ driver: "mqtt", ...more });

/** What publishes in place of hubs and firmwares. */
async function publisher(url: string, more: object = {}): Promise<MqttClient> {
  const client = connect(url, { reconnectPeriod: 0, ...more });
  client.on("error", () => {});
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  onTestFinished(() => void client.end(true));
  return client;
}

const say = (client: MqttClient, topic: string, payload: string, retain = false) =>
  new Promise<void>((resolve) => void client.publish(topic, payload, { qos: 1, retain }, () => resolve()));

describe.skipIf(!hasMosquitto)("sensors on a real Mosquitto (skipped without mosquitto)", () => {
  describeSensor("mqtt", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    return {
      open: (context) =>
        mqtt.open(options({ url: mosquitto.url, adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air" }), context),
      speak: () => say(hub, "zigbee2mqtt/air", '{"co2": 812, "temperature": 21.5, "linkquality": 66}'),
      vanish: () => mosquitto.stop("SIGKILL"),
    };
  });

  it("hears Zigbee2MQTT, Tasmota, ESPHome and anything else, and no device that is not its own", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    const cases = [
      {
        options: { adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air" },
        others: "zigbee2mqtt/other",
        topic: "zigbee2mqtt/air",
        payload: '{"co2": 801}',
      },
      {
        options: { adapter: "tasmota", topic: "tele/air/SENSOR" },
        others: "tele/other/SENSOR",
        topic: "tele/air/SENSOR",
        payload: '{"Time":"2020-03-13T17:29:34","SCD30":{"CarbonDioxide":802},"TempUnit":"C"}',
      },
      {
        options: { adapter: "esphome", topic: "air" },
        others: "other/sensor/co2/state",
        topic: "air/sensor/co2/state",
        payload: "803",
      },
      {
        options: { adapter: "mapping", topic: "school/air", fields: [{ quantity: "co2", at: "air.ppm" }] },
        others: "school/other",
        topic: "school/air",
        payload: '{"air":{"ppm":804}}',
      },
    ];
    for (const [index, one] of cases.entries()) {
      const sensor = await mqtt.open(options({ url: mosquitto.url, ...one.options }), sensorContext());
      const speak = async () => {
        await say(hub, one.others, one.payload.replace(/80\d/, "999"));
        await say(hub, one.topic, one.payload);
      };
      expect(await nextMeasurements(sensor, speak)).toEqual([
        { quantity: "co2", unit: "[ppm]", value: 801 + index },
      ]);
      await sensor.close();
    }
  }, 30_000);

  it("takes no retained message for fresh: only one that says when it was measured, and then of that time", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    await say(hub, "zigbee2mqtt/undated", '{"co2": 700}', true);
    await say(hub, "zigbee2mqtt/dated", '{"co2": 701, "last_seen": "2026-11-20T08:00:00Z"}', true);
    const open = (topic: string) =>
      mqtt.open(options({ url: mosquitto.url, adapter: "zigbee2mqtt", topic }), sensorContext());
    const undated = await open("zigbee2mqtt/undated");
    onTestFinished(() => undated.close());
    expect(await nextMeasurements(undated, () => say(hub, "zigbee2mqtt/undated", '{"co2": 812}'))).toEqual([
      { quantity: "co2", unit: "[ppm]", value: 812 },
    ]);
    const dated = await open("zigbee2mqtt/dated");
    onTestFinished(() => dated.close());
    expect(await nextMeasurements(dated)).toEqual([
      { quantity: "co2", unit: "[ppm]", value: 701, time: Date.UTC(2026, 10, 20, 8) },
    ]);
  }, 30_000);

  it("knows from a retained word that its device is away, and hears it when it is back", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    await say(hub, "tele/air/LWT", "Offline", true);
    const sensor = await mqtt.open(
      options({ url: mosquitto.url, adapter: "tasmota", topic: "tele/air/SENSOR" }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    expect(await nextReport(sensor)).toMatchObject({ away: { state: "lost" } });
    const back = () => say(hub, "tele/air/SENSOR", '{"SCD30":{"CarbonDioxide":746}}');
    expect(await nextMeasurements(sensor, back)).toMatchObject([{ value: 746 }]);
  }, 30_000);

  it("finds its way back to a broker that was away", async () => {
    const first = await startMosquitto();
    const sensor = await mqtt.open(
      options({ url: first.url, adapter: "esphome", topic: "air" }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    const before = await publisher(first.url);
    await nextMeasurements(sensor, () => say(before, "air/sensor/co2/state", "812"));
    await first.stop("SIGKILL");
    await until(async () => ((await sensor.next())?.away ? true : undefined), 15, "it to be missed");
    const second = await startMosquitto({ port: first.port });
    const after = await publisher(second.url);
    expect(await nextMeasurements(sensor, () => say(after, "air/sensor/co2/state", "813"))).toMatchObject([
      {},
    ]);
  }, 40_000);

  it("is in order again as soon as its broker is back, without a word from the device", async () => {
    const first = await startMosquitto();
    const sensor = await mqtt.open(
      options({ url: first.url, adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air" }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    const hub = await publisher(first.url);
    await nextMeasurements(sensor, () => say(hub, "zigbee2mqtt/air", '{"temperature": 21}'));
    await first.stop("SIGKILL");
    await until(async () => ((await sensor.next())?.away ? true : undefined), 15, "it to be missed");
    await startMosquitto({ port: first.port });
    expect(await sensor.next()).toEqual({ measurements: [] });
  }, 40_000);

  it("takes what Zigbee2MQTT remembers, and sends again when it starts, for as old as it is", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    const topic = "zigbee2mqtt/air";
    const sensor = await mqtt.open(
      options({ url: mosquitto.url, adapter: "zigbee2mqtt", topic }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    const seen = (co2: number, time: string) => say(hub, topic, `{"co2": ${co2}, "last_seen": "${time}"}`);
    /** When the next one is of. */
    const next = async () => (await nextMeasurements(sensor))[0]!.time!;
    const yesterday = "2026-11-22T12:00:00Z";
    // The first of all may be such a one; nothing tells but its own word.
    await nextMeasurements(sensor, () => seen(700, yesterday));
    await seen(701, yesterday);
    await until(async () => ((await next()) === Date.parse(yesterday) ? true : undefined));
    // The hub's clock may be wrong; what comes as it is said is of now.
    const before = Date.now();
    await seen(812, "2026-11-22T12:10:00Z");
    const heard = await until(async () => {
      const time = await next();
      return time === Date.parse(yesterday) ? undefined : time;
    });
    expect(heard).toBeGreaterThanOrEqual(before);
    await clock.sleep(50);
    await seen(812, "2026-11-22T12:10:00Z");
    expect(await next(), "said once more").toBe(heard);
  }, 30_000);

  it("takes the config's word for units, and knows shares of organic compounds by theirs", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    const topic = "zigbee2mqtt/house";
    const sensor = await mqtt.open(
      options({
        url: mosquitto.url,
        adapter: "zigbee2mqtt",
        topic,
        units: { voc: "ppm", temperature: "°F" },
      }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    const text = '{"co2": 812, "voc": 0.4, "temperature": 70}';
    expect(await nextMeasurements(sensor, () => say(hub, topic, text))).toEqual([
      { quantity: "co2", unit: "[ppm]", value: 812 },
      { quantity: "tvoc", unit: "ppm", value: 0.4 },
      { quantity: "temperature", unit: "°F", value: 70 },
    ]);
  }, 30_000);

  it("hears nothing when a retained message is taken off the broker", async () => {
    const mosquitto = await startMosquitto();
    const hub = await publisher(mosquitto.url);
    const fields = [{ quantity: "co2" }];
    const sensor = await mqtt.open(
      options({ url: mosquitto.url, adapter: "mapping", topic: "school/co2", fields }),
      sensorContext(),
    );
    onTestFinished(() => sensor.close());
    await nextMeasurements(sensor, () => say(hub, "school/co2", "812"));
    await say(hub, "school/co2", "", true);
    await say(hub, "school/co2", "813");
    const next = await until(async () => {
      const [co2] = await nextMeasurements(sensor);
      return co2!.value === 812 ? undefined : co2!.value;
    });
    expect(next).toBe(813);
  }, 30_000);

  it("logs in, and says why when it is not let in, without the password", async () => {
    const mosquitto = await startMosquitto({ users: { gateway: "right-horse" } });
    const open = (password: string) =>
      mqtt.open(
        options({ url: mosquitto.url, username: "gateway", password, adapter: "esphome", topic: "air" }),
        sensorContext(),
      );
    const wrong = await open("wrong-horse");
    onTestFinished(() => wrong.close());
    const refused = await wrong.next();
    expect(refused?.away?.why).toContain("refuses the gateway");
    expect(JSON.stringify(refused)).not.toContain("horse");
    const right = await open("right-horse");
    onTestFinished(() => right.close());
    const hub = await publisher(mosquitto.url, { username: "gateway", password: "right-horse" });
    expect(await nextMeasurements(right, () => say(hub, "air/sensor/co2/state", "812"))).toHaveLength(1);
  }, 30_000);
});

it("hears what a device measures where it may not hear whether the device is there", async () => {
  const hub = { username: "hub", password: "right-horse" };
  const sensor = { username: "gateway", password: "other-horse", read: ["zigbee2mqtt/air"], write: [] };
  const broker = await openBroker(
    brokerOptions.parse({ port: 0, users: [hub, sensor] }),
    sensorContext().log,
  );
  onTestFinished(() => broker.close());
  const { username, password } = sensor;
  const opened = await mqtt.open(
    options({ url: broker.url, username, password, adapter: "zigbee2mqtt", topic: "zigbee2mqtt/air" }),
    sensorContext(),
  );
  onTestFinished(() => opened.close());
  const zigbee = await publisher(broker.url, hub);
  const speak = () => say(zigbee, "zigbee2mqtt/air", '{"co2": 812}');
  for (const time of ["at once", "after it was refused the rest"]) {
    const report = await nextReport(opened, speak);
    expect(report, time).toMatchObject({ measurements: [{ quantity: "co2", value: 812 }] });
  }
}, 30_000);
