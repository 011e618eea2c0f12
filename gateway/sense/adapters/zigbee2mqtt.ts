import type { Clock } from "../../terms.ts";
import { meaningOf } from "../names.ts";
import { isObject, numberOf, parsed } from "../numbers.ts";
import type { Measurement, Report } from "../sensor.ts";
import { type Adapter, presence } from "./adapter.ts";

/** So long after its start the hub may still be sending what it remembers of its devices. */
const START_MS = 60_000;

/**
 * Zigbee2MQTT: `zigbee2mqtt/FRIENDLY_NAME` holds what the device exposes, flat; `…/availability` whether the hub hears it;
 * `zigbee2mqtt/bridge/state` whether the hub itself is there, also as its last will.
 * https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
 */
export function zigbee2mqtt(topic: string, clock: Pick<Clock, "elapsed">): Adapter {
  const availability = `${topic}/availability`;
  const hubs = hubsOf(topic);
  let remembersUntil = Number.NEGATIVE_INFINITY;

  function readHub(text: string, retained: boolean): Report | null {
    const said = presence(text, "the hub");
    if (said?.away) return { ...said, away: { state: "lost", why: "Zigbee2MQTT is not running" } };
    if (said && !retained) remembersUntil = clock.elapsed() + START_MS;
    return said;
  }

  return {
    topics: [topic, availability, ...hubs],
    read(from, text, retained = false) {
      if (from === availability) return presence(text, "Zigbee2MQTT");
      if (hubs.includes(from)) return readHub(text, retained);
      const state = parsed(text);
      if (!isObject(state)) return null;
      // `last_seen` is there when the hub is set to say it: ISO 8601, or milliseconds since the epoch.
      const seen = typeof state.last_seen === "string" ? Date.parse(state.last_seen) : state.last_seen;
      const time = typeof seen === "number" && seen > 0 ? { time: seen } : {};
      // It may be of any age, and nothing tells of which.
      if (time.time === undefined && clock.elapsed() < remembersUntil) return null;
      const measurements = Object.entries(state).flatMap(([key, value]): Measurement[] => {
        const meaning = meaningOf(key);
        const number = numberOf(value);
        // Before version 2 `illuminance` was a raw figure where `illuminance_lux` stood beside it.
        if (!meaning || number === null || (key === "illuminance" && "illuminance_lux" in state)) return [];
        return [{ ...meaning, value: number, ...time }];
      });
      if (measurements.length === 0) return null;
      // Devices without a percentage say it in words.
      const low =
        state.battery_low ?? (state.battery_state === undefined ? undefined : state.battery_state === "low");
      return { measurements, ...(typeof low === "boolean" && { lowBattery: low }) };
    },
  };
}

/** Where its hub may tell of itself: the base topic is one level by default, and friendly names may have several. */
function hubsOf(topic: string): string[] {
  const levels = topic.split("/");
  return levels.slice(1).map((_, more) => `${levels.slice(0, more + 1).join("/")}/bridge/state`);
}
