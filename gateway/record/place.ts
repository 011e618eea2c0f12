import type { Point } from "./sink.ts";

/** What a topic says of a point: which measurement it belongs to, and its first tags. */
export interface Place {
  readonly measurement: Point["measurement"];
  readonly tags: Readonly<Record<string, string>>;
}

/** Names of places and devices: anything printable that both MQTT and the line protocol carry (no backslash), but short. */
const NAME = /^[^\p{C}\\/+#]{1,128}$/u;
/** A school has some thousand topics, and each comes again with every message: where it leads is found out once. */
const MOST_REMEMBERED = 20_000;
const remembered = new Map<string, Place | "ignored" | null>();

/** Where a topic of the contract leads; `ignored` when it is not for the record, null when it is not of the contract. */
export function locate(topic: string): Place | "ignored" | null {
  const known = remembered.get(topic);
  if (known !== undefined) return known;
  const found = find(topic);
  if (remembered.size >= MOST_REMEMBERED) remembered.clear();
  remembered.set(topic, found);
  return found;
}

function find(topic: string): Place | "ignored" | null {
  const levels = topic.split("/");
  if (levels[0] !== "classroom" || levels[1] !== "v1" || levels.length > 7) return null;
  if (!levels.every((level) => NAME.test(level))) return null;
  const [site, room, ...rest] = levels.slice(2) as [string, string, ...string[]];
  const room_ = { site, room };
  const [first, second, third] = rest as [string?, string?, string?];
  if (rest.length === 1 && first === "focus") return { measurement: "focus", tags: room_ };
  if (rest.length === 3 && first === "zone" && third === "focus")
    return { measurement: "zone_focus", tags: { ...room_, zone: second! } };
  if (rest.length === 3 && first === "sensor")
    return { measurement: "environment", tags: { ...room_, device: second!, quantity: third! } };
  if (rest.length === 2 && first === "event")
    return { measurement: "event", tags: { ...room_, kind: second! } };
  if (rest.length === 2 && first === "gateway" && second === "health")
    return { measurement: "gateway_health", tags: room_ };
  // The gateway's state is for who listens now; what is set comes back as an event.
  if (first === "set" || (first === "gateway" && second === "state")) return "ignored";
  return null;
}
