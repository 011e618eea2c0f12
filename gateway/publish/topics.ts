import { failure } from "../errors.ts";

/**
 * The topics of the contract. Site, room, zone, device, quantity and kind are one level each: a name with `/` would make
 * two of it, and `+` and `#` are wildcards, which [MQTT-3.3.2-2] forbids in a PUBLISH and brokers answer by hanging up. A backslash cannot be told from an escape in
 * InfluxDB's line protocol, so the record refuses it.
 */
const LEVEL = /^[^/+#$\\\p{C}][^/+#\\\p{C}]{0,127}$/u;

/** True when the name can stand as one level of a topic. */
export const isTopicLevel = (name: string): boolean => LEVEL.test(name);

/** `classroom/v1/{site}/{room}`: what everything of one room stands under. */
export function topicRoot(site: string, room: string): string {
  return `classroom/v1/${level(site)}/${level(room)}`;
}

/** Topics under the root. */
export const topics = {
  focus: "focus",
  zoneFocus: (zone: string) => `zone/${level(zone)}/focus`,
  sensor: (device: string, quantity: string) => `sensor/${level(device)}/${level(quantity)}`,
  event: (kind: string) => `event/${level(kind)}`,
  state: "gateway/state",
  health: "gateway/health",
  setActivity: "set/activity",
  setPause: "set/pause",
  setMark: "set/mark",
  setNotice: "set/notice",
  setSuggestion: "set/suggestion",
} as const;

function level(name: string): string {
  if (!isTopicLevel(name)) {
    throw failure("INTERNAL", { problem: `${JSON.stringify(name)} cannot be a level of an MQTT topic` });
  }
  return name;
}
