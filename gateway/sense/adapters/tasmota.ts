import { meaningOf } from "../names.ts";
import { isObject, numberOf, parsed } from "../numbers.ts";
import type { Quantity } from "../quantities.ts";
import type { Measurement } from "../sensor.ts";
import { type Adapter, presence } from "./adapter.ts";

/**
 * Tasmota: `tele/TOPIC/SENSOR` holds an object for each chip, and the units of temperature and pressure beside them;
 * `tele/TOPIC/LWT` is its last will. Of two chips that measure the same, the first counts, or the one that is named; the
 * processor's own temperature (`ESP32`) is no room's.
 * https://tasmota.github.io/docs/MQTT/, https://tasmota.github.io/docs/Sensor-Configuration/
 */
export function tasmota(topic: string, chip?: string): Adapter {
  const will = topic.replace(/[^/]*$/, "LWT");
  return {
    topics: [topic, will],
    read(from, text) {
      if (from === will) return presence(text, "Tasmota's last will");
      const said = parsed(text);
      if (!isObject(said)) return null;
      const units = { temperature: said.TempUnit, pressure: said.PressureUnit } as Record<string, unknown>;
      const found = new Map<Quantity, Measurement>();
      for (const [name, readings] of Object.entries(said)) {
        if (!isObject(readings) || (chip === undefined ? name === "ESP32" : name !== chip)) continue;
        for (const [key, value] of Object.entries(readings)) {
          const meaning = meaningOf(key);
          const number = numberOf(value);
          if (!meaning || number === null || found.has(meaning.quantity)) continue;
          const unit = units[meaning.quantity];
          found.set(meaning.quantity, {
            ...meaning,
            value: number,
            ...(typeof unit === "string" && { unit }),
          });
        }
      }
      return found.size === 0 ? null : { measurements: [...found.values()] };
    },
  };
}
