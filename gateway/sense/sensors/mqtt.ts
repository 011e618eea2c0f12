import { randomBytes } from "node:crypto";
import { z } from "zod";
import { reason } from "../../errors.ts";
import { connectMqtt } from "../../mqtt.ts";
import { revealSecret, secret } from "../../options.ts";
import type { Adapter } from "../adapters/adapter.ts";
import { esphome } from "../adapters/esphome.ts";
import { mapping } from "../adapters/mapping.ts";
import { tasmota } from "../adapters/tasmota.ts";
import { zigbee2mqtt } from "../adapters/zigbee2mqtt.ts";
import { Inflow } from "../inflow.ts";
import { fieldOption, quantityOption } from "../mapping.ts";
import { type Report, sensorDriver } from "../sensor.ts";

/** A measurement takes a few hundred bytes. */
const MOST_BYTES = 64 * 1024;

const options = z.strictObject({
  driver: z.literal("mqtt"),
  adapter: z
    .enum(["zigbee2mqtt", "tasmota", "esphome", "mapping"])
    .describe("Who publishes it. `mapping` is for anything else: `fields` says where the values stand."),
  topic: z
    .string()
    .min(1)
    .regex(/^[^#+]+$/, "a topic, without wildcards")
    .describe(
      "`zigbee2mqtt/NAME` for Zigbee2MQTT, `tele/NAME/SENSOR` for Tasmota, the node's topic prefix for ESPHome, else the topic itself.",
    )
    .meta({ examples: ["zigbee2mqtt/air-12"] }),
  chip: z
    .string()
    .optional()
    .describe(
      "Tasmota: the chip that counts (`SCD40`) when several measure the same. The first if left out.",
    ),
  entities: z
    .record(z.string(), quantityOption())
    .optional()
    .describe(
      "ESPHome: what each entity measures (`scd40_air: co2`). Told by the ends of their names if left out.",
    ),
  fields: z.array(fieldOption).default([]).describe("Mapping: where in the message each quantity stands."),
  url: z
    .url({ protocol: /^mqtts?$/ })
    .optional()
    .describe(
      "The broker the sensor is on, `mqtt://host:1883` or `mqtts://`. The gateway's own if left out.",
    ),
  username: z.string().min(1).optional().describe("Name to log in with there."),
  password: secret().optional().describe("Password to log in with there."),
  caFile: z
    .string()
    .min(1)
    .optional()
    .describe("PEM file of the authority that signed that broker's certificate."),
});

/** A device that publishes over MQTT, by itself or through a hub. */
export const mqtt = sensorDriver({
  options,
  async open(wanted, { name, broker, clock, log }) {
    const adapter = adapterOf(wanted);
    const inflow = new Inflow();
    const { url, username, caFile } = wanted;
    const password = wanted.password === undefined ? undefined : revealSecret(wanted.password);
    const connection = connectMqtt(
      {
        ...(url === undefined ? broker : { url, username, password, caFile }),
        // Two gateways may well follow the same sensor, and nothing that was said meanwhile is wanted.
        clientId: `focus-sensor:${name}:${randomBytes(4).toString("hex")}`,
        cleanSession: true,
      },
      log.child({}, { level: "error" }), // the sensor's state says it once already
      clock,
    );
    connection.onMessage(async (topic, payload, retained) => {
      if (payload.byteLength > MOST_BYTES) return;
      const report = await adapter.read(topic, payload.toString("utf8"));
      const timely = report && (retained ? onlyDated(report) : asOfNow(report));
      if (timely) inflow.put(timely);
    });
    let asked = false;
    connection.onState((state, problem) => {
      if (state !== "connected") return away(problem);
      if (asked) return;
      asked = true;
      // After the connection itself has asked for what it was told before, which is nothing yet.
      queueMicrotask(() => {
        for (const topic of adapter.topics) connection.subscribe(topic).catch(away);
      });
    });
    function away(problem: unknown): void {
      inflow.put({ measurements: [], away: { state: "lost", why: reason(problem) } });
    }
    return {
      next: () => inflow.next(),
      async close() {
        inflow.close();
        await connection.close();
      },
    };
  },
});

function adapterOf({ adapter, topic, chip, entities, fields }: z.output<typeof options>): Adapter {
  switch (adapter) {
    case "zigbee2mqtt":
      return zigbee2mqtt(topic);
    case "tasmota":
      return tasmota(topic, chip);
    case "esphome":
      return esphome(topic, entities);
    case "mapping":
      return mapping(topic, fields);
  }
}

/**
 * [MQTT-3.3.1-8] A retained message may be of any age: what it measured counts only where it says when. What it says of
 * the device's presence holds until something else is said.
 */
function onlyDated(report: Report): Report | null {
  const measurements = report.measurements.filter(({ time }) => time !== undefined);
  return measurements.length === 0 && !report.away ? null : { ...report, measurements };
}

/** One that comes as it is said is of now, whatever a hub's clock makes of it. */
function asOfNow({ measurements, ...rest }: Report): Report {
  return {
    ...rest,
    measurements: measurements.map(({ quantity, value, unit }) => ({ quantity, value, unit })),
  };
}
