import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { connect } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { lastingNames } from "../../gateway/sense/port.ts";
import { scanMachine } from "../../gateway/sense/scan/machine.ts";
import { foundIn, scanMqtt } from "../../gateway/sense/scan/mqtt.ts";
import { sensorOptions } from "../../gateway/sense/sensors/index.ts";
import { sensorContext } from "../contracts/sensor.ts";
import { temporaryFolder } from "../support/places.ts";

/** Announcements as each project's documentation has them, shortened. */
const ZIGBEE = [
  { ieee_address: "0x00", type: "Coordinator", friendly_name: "Coordinator", definition: null },
  {
    ieee_address: "0x00158d",
    friendly_name: "Air Room 12",
    definition: {
      model: "AVG-01",
      vendor: "Develco",
      exposes: [
        { type: "numeric", name: "co2", property: "co2", unit: "ppm" },
        { type: "numeric", name: "temperature", property: "temperature", unit: "°C" },
        { type: "numeric", name: "battery", property: "battery", unit: "%" },
        { type: "composite", features: [{ type: "numeric", property: "pm25" }] },
      ],
    },
  },
  { friendly_name: "lamp", definition: { exposes: [{ type: "light", features: [{ property: "state" }] }] } },
];
const TASMOTA_CONFIG = {
  ip: "192.168.0.7",
  dn: "Air Monitor",
  t: "tasmota_A1B2C3",
  ft: "%prefix%/%topic%/",
  tp: ["cmnd", "stat", "tele"],
};
const TASMOTA_SENSORS = {
  sn: { Time: "2026-11-23T09:00:00", SCD40: { CarbonDioxide: 612, Temperature: 21.4 }, TempUnit: "C" },
  ver: 1,
};
const ESPHOME = {
  unit_of_meas: "ppm",
  dev_cla: "carbon_dioxide",
  stat_t: "air-12/sensor/scd40_co2/state",
  dev: { name: "air-12" },
};
const ESPHOME_ODD = {
  ...ESPHOME,
  dev_cla: "temperature",
  unit_of_meas: "°C",
  stat_t: "air-13/sensor/probe/state",
  dev: { name: "air-13" },
};

const announced = (entries: Record<string, unknown>) =>
  new Map(Object.entries(entries).map(([topic, value]) => [topic, JSON.stringify(value)]));

describe("what is announced on a broker", () => {
  it("becomes config that can be pasted", () => {
    const found = foundIn(
      announced({
        "zigbee2mqtt/bridge/devices": ZIGBEE,
        "tasmota/discovery/A1B2C3/config": TASMOTA_CONFIG,
        "tasmota/discovery/A1B2C3/sensors": TASMOTA_SENSORS,
        "homeassistant/sensor/air-12/scd40_co2/config": ESPHOME,
        "homeassistant/sensor/air-13/probe/config": ESPHOME_ODD,
      }),
    );
    expect(found.map(({ config }) => config)).toEqual([
      { name: "air-room-12", driver: "mqtt", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/Air Room 12" },
      { name: "air-monitor", driver: "mqtt", adapter: "tasmota", topic: "tele/tasmota_A1B2C3/SENSOR" },
      { name: "air-12", driver: "mqtt", adapter: "esphome", topic: "air-12" },
      {
        name: "air-13",
        driver: "mqtt",
        adapter: "esphome",
        topic: "air-13",
        entities: { probe: "temperature" },
      },
    ]);
    expect(found[0]!.what).toContain("which measures co2, temperature, pm25");
    for (const { config } of found) expect(sensorOptions.safeParse(config).error).toBeUndefined();
  });

  it("says units where they are not the usual ones, and how seldom a battery speaks", () => {
    const device = (friendly_name: string, more: object, exposes: object[]) => ({
      ...{ friendly_name, definition: { vendor: "v", model: "m", exposes }, ...more },
    });
    const found = foundIn(
      announced({
        "zigbee2mqtt/bridge/devices": [
          // TS0601_air_quality_sensor, and SNZB-02D.
          device("house", { power_source: "Mains (single phase)" }, [
            { property: "co2", unit: "ppm" },
            { property: "voc", unit: "ppm" },
            { property: "formaldehyd", unit: "mg/m³" },
          ]),
          device("shelf", { power_source: "Battery" }, [{ property: "temperature", unit: "°C" }]),
        ],
        "homeassistant/sensor/air-14/room_temperature/config": {
          unit_of_meas: "°F",
          dev_cla: "temperature",
          stat_t: "air-14/sensor/room_temperature/state",
        },
      }),
    );
    expect(found.map(({ config }) => config)).toEqual([
      {
        name: "house",
        driver: "mqtt",
        adapter: "zigbee2mqtt",
        topic: "zigbee2mqtt/house",
        units: { voc: "ppm" },
      },
      {
        ...{ name: "shelf", driver: "mqtt", adapter: "zigbee2mqtt", topic: "zigbee2mqtt/shelf" },
        staleAfterSeconds: 7_500,
      },
      { name: "air-14", driver: "mqtt", adapter: "esphome", topic: "air-14", units: { temperature: "°F" } },
    ]);
    for (const { config } of found) expect(sensorOptions.safeParse(config).error).toBeUndefined();
  });

  it("whatever is announced, nothing is thrown and all that is found can be pasted", () => {
    const topic = fc.constantFrom(
      "zigbee2mqtt/bridge/devices",
      "tasmota/discovery/A/config",
      "tasmota/discovery/A/sensors",
      "homeassistant/sensor/a/b/config",
    );
    const mangled = fc.constantFrom<unknown>(
      ZIGBEE,
      TASMOTA_CONFIG,
      TASMOTA_SENSORS,
      ESPHOME,
      [{ friendly_name: 7, definition: {} }],
      { sn: 7 },
    );
    const text = fc.oneof(
      fc.json(),
      fc.string(),
      mangled.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(topic, text)), (entries) => {
        for (const { config } of foundIn(new Map(entries)))
          expect(sensorOptions.safeParse(config).error).toBeUndefined();
      }),
    );
  });
});

describe("what is plugged into this machine", () => {
  it("lists chips and microphones with config that can be pasted", async () => {
    const folder = await temporaryFolder();
    await mkdir(path.join(folder, "iio:device0"));
    await writeFile(path.join(folder, "iio:device0", "name"), "scd30\n");
    await writeFile(path.join(folder, "iio:device0", "in_concentration_co2_raw"), "812\n");
    const alsaFile = path.join(folder, "pcm");
    await writeFile(
      alsaFile,
      "00-00: HDMI 0 : HDMI 0 : playback 1\n01-00: USB Audio : USB Audio : playback 1 : capture 1\n",
    );
    const found = await scanMachine({ iioFolder: folder, alsaFile });
    const configs = found.map(({ config }) => config).filter(({ driver }) => driver !== "serial");
    expect(configs).toEqual([
      { name: "scd30", driver: "iio", device: "scd30" },
      { name: "ear", driver: "sound", device: "hw:1,0" },
    ]);
    for (const config of configs) expect(sensorOptions.safeParse(config).error).toBeUndefined();
  });

  it("names serial ports so that a name leads to one of them, after a restart too", () => {
    const ch340 = { pnpId: "usb-1a86_USB_Serial-if00-port0", manufacturer: "QinHeng" };
    const ports = [
      { ...ch340, path: "/dev/ttyUSB0" },
      { ...ch340, path: "/dev/ttyUSB1" },
      { path: "/dev/ttyACM0", pnpId: "usb-Arduino_Uno_7583-if00" },
      { path: "/dev/ttyAMA0" },
    ];
    const sockets = new Map([["/dev/ttyUSB1", "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0"]]);
    expect(lastingNames(ports, sockets).map(({ path }) => path)).toEqual([
      "/dev/ttyUSB0",
      "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-port0",
      "/dev/serial/by-id/usb-Arduino_Uno_7583-if00",
      "/dev/ttyAMA0",
    ]);
  });
});

it("finds what a broker lets it hear of, and says so only where that is nothing", async () => {
  const hub = { username: "hub", password: "right-horse" };
  const reader = (username: string, read: string) => ({ username, password: "other-horse", read: [read] });
  const [some, none] = [reader("some", "+/bridge/devices"), reader("none", "other/#")];
  const { log } = sensorContext();
  const broker = await openBroker(brokerOptions.parse({ port: 0, users: [hub, some, none] }), log);
  onTestFinished(() => broker.close());
  const client = connect(broker.url, hub);
  onTestFinished(() => void client.end(true));
  const devices = [{ friendly_name: "air", definition: { exposes: [{ property: "co2" }] } }];
  await client.publishAsync("zigbee2mqtt/bridge/devices", JSON.stringify(devices), { retain: true, qos: 1 });
  const scan = ({ username, password }: typeof some) =>
    scanMqtt({ url: broker.url, username, password }, { seconds: 0.5, log, clock });
  expect(await scan(some)).toMatchObject([{ config: { topic: "zigbee2mqtt/air" } }]);
  await expect(scan(none)).rejects.toMatchObject({ code: "BROKER_REFUSED" });
}, 20_000);
