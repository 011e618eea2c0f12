import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { esphome } from "../../gateway/sense/adapters/esphome.ts";
import { mapping } from "../../gateway/sense/adapters/mapping.ts";
import { tasmota } from "../../gateway/sense/adapters/tasmota.ts";
import { zigbee2mqtt } from "../../gateway/sense/adapters/zigbee2mqtt.ts";
import { fieldOption, pointed } from "../../gateway/sense/mapping.ts";

/** Payloads as they stand in each project's documentation. */

describe("Zigbee2MQTT", () => {
  const { read } = zigbee2mqtt("zigbee2mqtt/air", clock);

  it("reads a climate sensor", () => {
    // https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
    const text = '{"temperature": 27.34, "humidity": 44.72, "battery": 100, "linkquality": 66}';
    expect(read("zigbee2mqtt/air", text)).toEqual({
      measurements: [
        { quantity: "temperature", unit: "Cel", value: 27.34 },
        { quantity: "humidity", unit: "%", value: 44.72 },
        { quantity: "battery", unit: "%", value: 100 },
      ],
    });
  });

  it("reads an air monitor, its low battery, and when it was last seen", () => {
    const text =
      '{"battery_low": true, "co2": 612, "voc": 18, "pm25": 3, "illuminance_lux": 410, "illuminance": 26128, "last_seen": "2026-11-23T09:15:05+01:00"}';
    const time = Date.UTC(2026, 10, 23, 8, 15, 5);
    expect(read("zigbee2mqtt/air", text)).toEqual({
      lowBattery: true,
      measurements: [
        { quantity: "co2", unit: "[ppm]", value: 612, time },
        { quantity: "voc", unit: "ug/m3", value: 18, time },
        { quantity: "pm25", unit: "ug/m3", value: 3, time },
        { quantity: "light", unit: "lx", value: 410, time },
      ],
    });
  });

  it("knows from the hub that the device is away, in the old words and the new", () => {
    const away = { measurements: [], away: { state: "lost", why: "Zigbee2MQTT says that it is offline" } };
    expect(read("zigbee2mqtt/air/availability", '{"state":"offline"}')).toEqual(away);
    expect(read("zigbee2mqtt/air/availability", "offline")).toEqual(away);
    for (const text of ['{"state":"online"}', "online"])
      expect(read("zigbee2mqtt/air/availability", text), "it can be heard again").toEqual({
        measurements: [],
      });
    expect(read("zigbee2mqtt/air/availability", "soon")).toBeNull();
  });

  it("knows when the hub itself is away, wherever its base topic ends", () => {
    const { topics, read } = zigbee2mqtt("school/zigbee2mqtt/room 12/air", clock);
    expect(topics).toContain("school/zigbee2mqtt/bridge/state");
    expect(read("school/zigbee2mqtt/bridge/state", '{"state":"offline"}')).toEqual({
      measurements: [],
      away: { state: "lost", why: "Zigbee2MQTT is not running" },
    });
    expect(read("school/zigbee2mqtt/bridge/state", '{"state":"online"}')).toEqual({ measurements: [] });
  });

  it("takes nothing that has no date from a hub that has just been started: it may be what it remembers", () => {
    let elapsed = 0;
    const { read } = zigbee2mqtt("zigbee2mqtt/air", { elapsed: () => elapsed });
    const said = () => read("zigbee2mqtt/air", '{"co2": 700}');
    read("zigbee2mqtt/bridge/state", "online", true);
    expect(said(), "retained: it was started some time ago").not.toBeNull();
    read("zigbee2mqtt/bridge/state", "online");
    expect(said()).toBeNull();
    expect(read("zigbee2mqtt/air", '{"co2": 700, "last_seen": 1795420800000}')).not.toBeNull();
    elapsed = 61_000;
    expect(said()).not.toBeNull();
  });

  it("hears of a low battery from devices that have a word for it and no percentage", () => {
    const said = (state: string) =>
      read("zigbee2mqtt/air", `{"temperature": 21, "battery_state": "${state}"}`);
    expect(said("low")).toMatchObject({ lowBattery: true });
    expect(said("high")).toMatchObject({ lowBattery: false });
  });

  it("makes nothing of a value that is not known yet, and NaN, never zero, of one that is no number", () => {
    expect(read("zigbee2mqtt/air", '{"co2": null, "linkquality": 20}')).toBeNull();
    expect(read("zigbee2mqtt/air", '{"co2": "", "humidity": false}')).toEqual({
      measurements: [
        { quantity: "co2", unit: "[ppm]", value: Number.NaN },
        { quantity: "humidity", unit: "%", value: Number.NaN },
      ],
    });
  });
});

describe("Tasmota", () => {
  it("reads a chip with the units that stand beside it", () => {
    // https://tasmota.github.io/docs/SCD30/
    const text =
      '{"Time":"2020-03-13T17:29:34","SCD30":{"CarbonDioxide":746,"eCO2":727,"Temperature":74.8,"Humidity":33.5,"DewPoint":44.4},"TempUnit":"F"}';
    expect(tasmota("tele/air/SENSOR").read("tele/air/SENSOR", text)).toEqual({
      measurements: [
        { quantity: "co2", unit: "[ppm]", value: 746 },
        { quantity: "temperature", unit: "F", value: 74.8 },
        { quantity: "humidity", unit: "%", value: 33.5 },
      ],
    });
  });

  it("takes the first of two chips, or the one that is named", () => {
    // https://tasmota.github.io/docs/BME280/ with an MH-Z19B beside it
    const text =
      '{"Time":"2019-11-03T20:45:37","BME280":{"Temperature":21.7,"Humidity":66.6,"DewPoint":15.3,"Pressure":988.6},"MHZ19B":{"Model":"B","CarbonDioxide":573,"Temperature":25.0},"PressureUnit":"hPa","TempUnit":"C"}';
    const first = tasmota("tele/air/SENSOR").read("tele/air/SENSOR", text);
    expect(first).toMatchObject({
      measurements: [
        { quantity: "temperature", value: 21.7 },
        { quantity: "humidity", value: 66.6 },
        { quantity: "pressure", unit: "hPa", value: 988.6 },
        { quantity: "co2", value: 573 },
      ],
    });
    expect(tasmota("tele/air/SENSOR", "MHZ19B").read("tele/air/SENSOR", text)).toMatchObject({
      measurements: [{ quantity: "co2" }, { quantity: "temperature", value: 25 }],
    });
  });

  it("knows from the last will that the device is away", () => {
    expect(tasmota("tele/air/SENSOR").topics).toEqual(["tele/air/SENSOR", "tele/air/LWT"]);
    expect(tasmota("tele/air/SENSOR").read("tele/air/LWT", "Offline")).toMatchObject({
      away: { state: "lost" },
    });
    expect(tasmota("tele/air/SENSOR").read("tele/air/LWT", "Online")).toEqual({ measurements: [] });
  });

  it("takes the processor's temperature for no room's, unless it is asked to", () => {
    // With SetOption146.
    const text =
      '{"Time":"2026-11-23T09:00:00","VEML6075":{"UvIndex":0.1},"ESP32":{"Temperature":53.3},"TempUnit":"C"}';
    expect(tasmota("t/SENSOR").read("t/SENSOR", text)).toBeNull();
    expect(tasmota("t/SENSOR", "ESP32").read("t/SENSOR", text)).toMatchObject({
      measurements: [{ value: 53.3 }],
    });
  });
});

describe("ESPHome", () => {
  it("reads one bare number a topic and knows it by its name's end", () => {
    // https://esphome.io/components/mqtt.html
    const { read } = esphome("air");
    expect(read("air/sensor/scd40_co2/state", "812")).toEqual({
      measurements: [{ quantity: "co2", unit: "[ppm]", value: 812 }],
    });
    expect(read("air/sensor/room_12_temperature/state", "21.42")).toMatchObject({
      measurements: [{ quantity: "temperature", value: 21.42 }],
    });
    expect(read("air/sensor/pm_2_5/state", "4")).toMatchObject({ measurements: [{ quantity: "pm25" }] });
    expect(read("air/sensor/wifi_signal/state", "-61")).toBeNull();
  });

  it("takes the config's word for names that say nothing", () => {
    const { read } = esphome("air", { breath: "co2" });
    expect(read("air/sensor/breath/state", "812")).toMatchObject({ measurements: [{ quantity: "co2" }] });
    expect(read("air/sensor/scd40_co2/state", "812")).toBeNull();
  });

  it("makes NaN of `nan`, which ESPHome says of a chip that does not answer, and knows its last will", () => {
    const { read } = esphome("air");
    expect(read("air/sensor/co2/state", "nan")).toEqual({
      measurements: [{ quantity: "co2", unit: "[ppm]", value: Number.NaN }],
    });
    expect(read("air/status", "offline")).toMatchObject({ away: { state: "lost" } });
  });
});

describe("a mapping for anything else", () => {
  const fields = (...some: object[]) => some.map((one) => fieldOption.parse(one));

  it("finds values by JSON pointer and by JSONata", async () => {
    const { read } = mapping(
      "school/air",
      fields(
        { quantity: "co2", at: "/air/0/ppm" },
        { quantity: "temperature", at: 'probes[id="t1"].fahrenheit', unit: "[degF]" },
      ),
    );
    const text = '{"air":[{"ppm":812}],"probes":[{"id":"t0","fahrenheit":1},{"id":"t1","fahrenheit":70}]}';
    expect(await read("school/air", text)).toEqual({
      measurements: [
        { quantity: "co2", unit: "[ppm]", value: 812 },
        { quantity: "temperature", unit: "[degF]", value: 70 },
      ],
    });
  });

  it("takes a whole message that is a bare number, and says NaN of one that is none", async () => {
    const { read } = mapping("school/co2", fields({ quantity: "co2" }));
    expect(await read("school/co2", "812.5")).toMatchObject({ measurements: [{ value: 812.5 }] });
    expect(await read("school/co2", "warming up")).toMatchObject({ measurements: [{ value: Number.NaN }] });
  });

  it("finds nothing where there is nothing, and refuses an expression that is none", async () => {
    const { read } = mapping(
      "t",
      fields({ quantity: "co2", at: "/a/b" }, { quantity: "noise", at: "$sum(x.y)" }),
    );
    for (const text of ["{}", "[]", "null", "7", "{", '{"a":{"b":null}}'])
      expect(await read("t", text)).toBeNull();
    expect(fieldOption.safeParse({ quantity: "co2", at: "a[" }).success).toBe(false);
    expect(fieldOption.safeParse({ quantity: "co2", unit: "furlong" }).success).toBe(false);
  });

  it("follows pointers as RFC 6901 has them", () => {
    const json = { foo: ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, " ": 7 };
    const said = ["/foo/0", "/foo/2", "/", "/a~1b", "/c%d", "/m~0n", "/ ", "/toString", "/foo/length"];
    expect(said.map((pointer) => pointed(json, pointer))).toEqual([
      "bar",
      undefined,
      0,
      1,
      2,
      8,
      7,
      undefined,
      undefined,
    ]);
    expect(pointed(json, "")).toBe(json);
  });
});

it("whatever comes in, no adapter throws, and no value is made up", async () => {
  const adapters = [
    zigbee2mqtt("t/SENSOR", clock),
    tasmota("t/SENSOR"),
    esphome("t"),
    mapping("t", [fieldOption.parse({ quantity: "co2", at: "/co2" })]),
  ];
  const keys = fc.constantFrom(
    "co2",
    "temperature",
    "humidity",
    "x",
    "SCD30",
    "TempUnit",
    "last_seen",
    "battery_low",
  );
  const json = fc.dictionary(keys, fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.jsonValue())));
  const text = fc.oneof(
    fc.string(),
    json.map((value) => JSON.stringify(value)),
    fc.json(),
  );
  const topic = fc.constantFrom(
    "t",
    "t/SENSOR",
    "t/LWT",
    "t/status",
    "t/SENSOR/availability",
    "t/bridge/state",
    "t/sensor/co2/state",
  );
  await fc.assert(
    fc.asyncProperty(topic, text, async (from, said) => {
      for (const { read } of adapters) {
        const report = await read(from, said);
        for (const { value } of report?.measurements ?? []) {
          expect(typeof value).toBe("number");
          // A zero has to have been written.
          if (value === 0) expect(said).toMatch(/0/);
        }
      }
    }),
  );
});
