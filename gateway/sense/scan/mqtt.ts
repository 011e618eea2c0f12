import type { Logger } from "../../log.ts";
import { connectMqtt, type MqttOptions } from "../../mqtt.ts";
import type { Clock } from "../../terms.ts";
import { type Meaning, meaningOf, meaningOfEnd } from "../names.ts";
import { isObject, parsed } from "../numbers.ts";
import { isSameUnit, isUnit } from "../units.ts";
import { type Found, nameFrom } from "./found.ts";

/** What hubs and firmwares leave on the broker for whoever looks for devices; all of it is retained. */
const FILTERS = [
  "+/bridge/devices", // Zigbee2MQTT
  "tasmota/discovery/+/sensors", // https://tasmota.github.io/docs/MQTT/#tasmota-discovery
  "tasmota/discovery/+/config",
  "homeassistant/sensor/+/+/config", // https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
  "homeassistant/sensor/+/config",
];

/**
 * Zigbee devices on a battery report once an hour when nothing changes: twice that and a little, so that a quiet night is
 * no alarm. https://www.zigbee2mqtt.io/guide/configuration/device-availability.html
 */
const HOURLY = { staleAfterSeconds: 7_500 };

/** Listens for so long to what is announced on a broker. Rejects with BROKER_UNREACHABLE or BROKER_REFUSED. */
export async function scanMqtt(
  options: Omit<MqttOptions, "clientId" | "cleanSession">,
  { seconds, log, clock }: { readonly seconds: number; readonly log: Logger; readonly clock: Clock },
): Promise<Found[]> {
  const announced = new Map<string, string>();
  const connection = connectMqtt(
    { ...options, clientId: `focus-scan:${process.pid}:${Math.round(clock.now())}`, cleanSession: true },
    log,
    clock,
  );
  connection.onMessage(async (topic, payload) => {
    if (announced.size < 10_000) announced.set(topic, payload.toString("utf8"));
  });
  try {
    await new Promise<void>((resolve, reject) =>
      connection.onState((state, problem) => (state === "connected" ? resolve() : reject(problem))),
    );
    const asked = await Promise.allSettled(FILTERS.map((filter) => connection.subscribe(filter)));
    // Whoever may not hear all of it still finds what the rest announces.
    if (asked.every(({ status }) => status === "rejected")) throw (asked[0] as PromiseRejectedResult).reason;
    await clock.sleep(seconds * 1000);
  } finally {
    await connection.close();
  }
  return foundIn(announced);
}

/** The devices in what was announced, by topic. Whatever stands in it, it never throws. */
export function foundIn(announced: ReadonlyMap<string, string>): Found[] {
  const found: Found[] = [];
  const esphome = new Map<string, EsphomeNode>();
  for (const [topic, text] of announced) {
    const said = parsed(text);
    const levels = topic.split("/");
    if (levels[1] === "bridge" && Array.isArray(said)) found.push(...zigbee(levels[0]!, said));
    else if (levels[0] === "tasmota" && levels[3] === "sensors" && isObject(said))
      found.push(...tasmota(said, parsed(announced.get(`tasmota/discovery/${levels[2]}/config`) ?? "")));
    else if (levels[0] === "homeassistant" && isObject(said)) gather(said, esphome);
  }
  for (const [prefix, { name, entities, units }] of esphome) {
    const quantities = [...new Set(Object.values(entities))];
    const told = Object.keys(entities).every((entity) => meaningOfEnd(entity)?.quantity === entities[entity]);
    found.push({
      what: `ESPHome: ${name}, which measures ${quantities.join(", ")}`,
      config: {
        name: nameFrom(name),
        driver: "mqtt",
        adapter: "esphome",
        topic: prefix,
        ...(told ? {} : { entities }),
        ...unitsIn(units),
      },
    });
  }
  return found;
}

/** `bridge/devices`: a list of devices with what each exposes, some of it nested in `features`. */
function zigbee(base: string, devices: readonly unknown[]): Found[] {
  return devices.flatMap((device): Found[] => {
    if (!isObject(device) || typeof device.friendly_name !== "string" || !isObject(device.definition))
      return [];
    const properties = exposed(device.definition.exposes).flatMap(({ property, unit }) => {
      const meaning = meaningOf(property);
      return meaning ? [{ ...meaning, said: unit }] : [];
    });
    const quantities = new Set(properties.map(({ quantity }) => quantity));
    quantities.delete("battery");
    if (quantities.size === 0) return [];
    const { vendor, model } = device.definition;
    return [
      {
        what: `Zigbee2MQTT: ${device.friendly_name} (${[vendor, model].filter(Boolean).join(" ")}), which measures ${[...quantities].join(", ")}`,
        config: {
          name: nameFrom(device.friendly_name),
          driver: "mqtt",
          adapter: "zigbee2mqtt",
          topic: `${base}/${device.friendly_name}`,
          ...unitsIn(properties.flatMap(otherUnit)),
          ...(device.power_source === "Battery" ? HOURLY : {}),
        },
      },
    ];
  });
}

interface Property {
  readonly property: string;
  readonly unit: unknown;
}

const exposed = (exposes: unknown, depth = 0): Property[] =>
  Array.isArray(exposes) && depth < 4
    ? exposes
        .filter(isObject)
        .flatMap(({ property, unit, features }) => [
          ...(typeof property === "string" ? [{ property, unit }] : []),
          ...exposed(features, depth + 1),
        ])
    : [];

/** What a device says it measures in another unit than is taken for granted. */
type OtherUnit = readonly [quantity: string, unit: string];

const otherUnit = ({ quantity, unit, said }: Meaning & { readonly said: unknown }): OtherUnit[] =>
  typeof said === "string" && isUnit(said) && !isSameUnit(said, unit) ? [[quantity, said]] : [];

const unitsIn = (units: readonly OtherUnit[]) =>
  units.length === 0 ? {} : { units: Object.fromEntries(units) };

/** `sensors` holds a message as it will come; `config` how the topic is put together (`ft`, `tp`, `t`). */
function tasmota({ sn }: Readonly<Record<string, unknown>>, config: unknown): Found[] {
  if (!isObject(sn) || !isObject(config) || typeof config.t !== "string") return [];
  const prefix = Array.isArray(config.tp) && typeof config.tp[2] === "string" ? config.tp[2] : "tele";
  const pattern = typeof config.ft === "string" ? config.ft : "%prefix%/%topic%/";
  const quantities = new Set(
    Object.values(sn)
      .filter(isObject)
      .flatMap((chip) => Object.keys(chip).flatMap((key) => meaningOf(key)?.quantity ?? [])),
  );
  if (quantities.size === 0) return [];
  const name = typeof config.dn === "string" ? config.dn : config.t;
  return [
    {
      what: `Tasmota: ${name}, which measures ${[...quantities].join(", ")}`,
      config: {
        name: nameFrom(name),
        driver: "mqtt",
        adapter: "tasmota",
        topic: `${pattern.replace("%prefix%", prefix).replace("%topic%", config.t)}SENSOR`,
      },
    },
  ];
}

interface EsphomeNode {
  readonly name: string;
  readonly entities: Record<string, string>;
  readonly units: OtherUnit[];
}

/** Home Assistant's announcements, of which ESPHome's have state topics of their own shape. */
function gather(said: Readonly<Record<string, unknown>>, into: Map<string, EsphomeNode>): void {
  const topic = said.state_topic ?? said.stat_t;
  const match = typeof topic === "string" ? /^(.+)\/sensor\/([^/]+)\/state$/.exec(topic) : null;
  if (!match) return;
  const [, prefix, entity] = match as unknown as [string, string, string];
  const kind = said.device_class ?? said.dev_cla;
  const meaning = meaningOfEnd(entity) ?? (typeof kind === "string" ? meaningOf(kind) : undefined);
  if (!meaning) return;
  const device = said.device ?? said.dev;
  const name = isObject(device) && typeof device.name === "string" ? device.name : prefix;
  const one = into.get(prefix) ?? { name, entities: {}, units: [] };
  one.entities[entity] = meaning.quantity;
  one.units.push(...otherUnit({ ...meaning, said: said.unit_of_measurement ?? said.unit_of_meas }));
  into.set(prefix, one);
}
