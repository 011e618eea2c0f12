import { meaningOfEnd } from "../names.ts";
import { numberOf } from "../numbers.ts";
import { kindOf, type Quantity } from "../quantities.ts";
import { type Adapter, presence } from "./adapter.ts";

/**
 * ESPHome: one bare number a topic, `PREFIX/sensor/ENTITY/state`, and `PREFIX/status`. What an entity measures is told by
 * its name's end, or by the config. https://esphome.io/components/mqtt.html
 */
export function esphome(prefix: string, entities?: Readonly<Record<string, Quantity>>): Adapter {
  const status = `${prefix}/status`;
  return {
    topics: [`${prefix}/sensor/+/state`, status],
    read(from, text) {
      if (from === status) return presence(text, "ESPHome's last will");
      const entity = from.slice(prefix.length).split("/")[2] ?? "";
      const meaning = entities ? named(entities, entity) : meaningOfEnd(entity);
      const value = numberOf(text);
      return meaning && value !== null ? { measurements: [{ ...meaning, value }] } : null;
    },
  };
}

function named(entities: Readonly<Record<string, Quantity>>, entity: string) {
  const quantity = Object.hasOwn(entities, entity) ? entities[entity] : undefined;
  return quantity && { quantity, unit: kindOf(quantity).unit };
}
