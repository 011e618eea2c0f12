import { randomBytes } from "node:crypto";
import { z } from "zod";
import { reason } from "../../errors.ts";
import { connectMqtt } from "../../mqtt.ts";
import { revealSecret, secret } from "../../options.ts";
import type { Clock } from "../../terms.ts";
import type { Adapter } from "../adapters/adapter.ts";
import { esphome } from "../adapters/esphome.ts";
import { mapping } from "../adapters/mapping.ts";
import { tasmota } from "../adapters/tasmota.ts";
import { zigbee2mqtt } from "../adapters/zigbee2mqtt.ts";
import { Inflow } from "../inflow.ts";
import { fieldOption, quantityOption, unitsOption } from "../mapping.ts";
import { type Measurement, sensorDriver } from "../sensor.ts";
import { isShare } from "../units.ts";

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
  units: unitsOption(),
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
    const adapter = adapterOf(wanted, clock);
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
    const inTime = dating(clock);
    const inUnits = saidIn(wanted.units ?? {});
    connection.onMessage(async (topic, payload, retained) => {
      // Nothing at all is how a retained message is taken off a broker.
      if (payload.byteLength === 0 || payload.byteLength > MOST_BYTES) return;
      const report = await adapter.read(topic, payload.toString("utf8"), retained);
      if (report === null) return;
      const measurements = inTime(report.measurements, retained).map(inUnits);
      // That something can be heard again is told by what it says, or by its hub at that moment.
      if (retained && measurements.length === 0 && !report.away) return;
      inflow.put({ ...report, measurements });
    });
    let asked = false;
    connection.onState((state, problem) => {
      if (state !== "connected") return away(problem);
      // It need not speak to be well again; what a hub or a last will says of it comes after this.
      if (asked) return inflow.put({ measurements: [] });
      asked = true;
      // After the connection itself has asked for what it was told before, which is nothing yet.
      queueMicrotask(() => {
        const [measured, ...told] = adapter.topics;
        connection.subscribe(measured).catch(away);
        // Who may not hear of its presence still hears what it measures.
        for (const topic of told) connection.subscribe(topic).catch(() => {});
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

function adapterOf(
  { adapter, topic, chip, entities, fields }: z.output<typeof options>,
  clock: Clock,
): Adapter {
  switch (adapter) {
    case "zigbee2mqtt":
      return zigbee2mqtt(topic, clock);
    case "tasmota":
      return tasmota(topic, chip);
    case "esphome":
      return esphome(topic, entities);
    case "mapping":
      return mapping(topic, fields);
  }
}

/**
 * As of when a message is: of now, where nothing speaks against it, whatever a hub's clock makes of it.
 *  - [MQTT-3.3.1-8] A retained one may be of any age: it counts only where it says when it was measured, and as of then.
 *  - Zigbee2MQTT sends what it remembers of every device again when it starts. Such a message has the time that was said
 *    before, or it is the first of all; then its own word counts, too.
 */
function dating(clock: Clock) {
  /** The time that the latest message said, and when that was by our clock. */
  let latest: { readonly said: number; readonly at: number } | undefined;

  return (measurements: readonly Measurement[], retained: boolean): Measurement[] =>
    measurements.flatMap(({ time: said, ...measurement }) => {
      if (said === undefined) return retained ? [] : [measurement];
      if (said !== latest?.said) latest = { said, at: retained || latest === undefined ? said : clock.now() };
      return [{ ...measurement, time: latest.at }];
    });
}

/** The measurement with the unit that the config says it is in. */
function saidIn(units: NonNullable<z.output<typeof options>["units"]>) {
  return (measurement: Measurement): Measurement => {
    const unit = units[measurement.quantity];
    if (unit === undefined) return measurement;
    // Hubs call both `voc`; which of the two it is stands in the unit.
    const quantity = measurement.quantity === "voc" && isShare(unit) ? "tvoc" : measurement.quantity;
    return { ...measurement, quantity, unit };
  };
}
