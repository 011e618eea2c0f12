import { meaningOf } from "../names.ts";
import { isObject, numberOf, parsed } from "../numbers.ts";
import type { Measurement } from "../sensor.ts";
import { type Adapter, presence } from "./adapter.ts";

/**
 * Zigbee2MQTT: `zigbee2mqtt/FRIENDLY_NAME` holds what the device exposes, flat; `…/availability` whether the hub hears it.
 * https://www.zigbee2mqtt.io/guide/usage/mqtt_topics_and_messages.html
 */
export function zigbee2mqtt(topic: string): Adapter {
  const availability = `${topic}/availability`;
  return {
    topics: [topic, availability],
    read(from, text) {
      if (from === availability) return presence(text, "Zigbee2MQTT");
      const state = parsed(text);
      if (!isObject(state)) return null;
      // `last_seen` is there when the hub is set to say it: ISO 8601, or milliseconds since the epoch.
      const seen = typeof state.last_seen === "string" ? Date.parse(state.last_seen) : state.last_seen;
      const time = typeof seen === "number" && seen > 0 ? { time: seen } : {};
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
