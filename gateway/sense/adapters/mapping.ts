import { type Field, mapFields } from "../mapping.ts";
import { parsed } from "../numbers.ts";
import type { Adapter } from "./adapter.ts";

/** Anything else that speaks JSON, or bare numbers: the config says where each quantity stands. */
export function mapping(topic: string, fields: readonly Field[]): Adapter {
  const map = mapFields(fields);
  return {
    topics: [topic],
    async read(_, text) {
      const measurements = await map(parsed(text) ?? text);
      return measurements.length === 0 ? null : { measurements };
    },
  };
}
