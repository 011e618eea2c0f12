import { ACTIVITIES, QUALITIES } from "../terms.ts";
import { MEASUREMENTS, type Measurement } from "./measurements.ts";
import type { Point } from "./sink.ts";

/** What became of a message: a point, a refusal with its reason, or nothing, because it is not for the record. */
export type Heard = { readonly point: Point } | { readonly refused: string } | "ignored";

export const MAXIMUM_PAYLOAD_BYTES = 64 * 1024;
const MAXIMUM_FIELDS = 256;
const MAXIMUM_DEPTH = 4;

/** Names of places and devices: anything printable that both MQTT and the line protocol carry (no backslash), but short. */
const NAME = /^[^\p{C}\\/+#]{1,128}$/u;
/** Tags that stand in the payload: `cpu/float32`, and units such as `m/s`. */
const TAG = /^[^\p{C}\\]{1,128}$/u;
/** Field names, after flattening. Lower case only: DuckDB takes `Co2` and `co2` for one column. */
const FIELD = /^[a-z][a-z0-9_]{0,63}$/;
/** The contract's time: UTC ISO-8601. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
/** JSON can say half a surrogate pair and NUL; UTF-8 and databases cannot. */
const UNWRITABLE = /\p{Cs}|\0/gu;
const writable = (text: string) => (ASCII.test(text) ? text : text.replaceAll(UNWRITABLE, "\ufffd"));
const ASCII = /^[ -~]*$/;
/** These would be mistaken for the row's own time. */
const RESERVED = new Set(["time", "_time", "site", "room"]);

/** A message of the contract as a point. Pure; never throws, whatever comes in. */
export function toPoint(topic: string, payload: Uint8Array): Heard {
  const place = locate(topic);
  if (place === null) return { refused: "unknown topic" };
  if (place === "ignored") return place;
  if (payload.byteLength > MAXIMUM_PAYLOAD_BYTES) return { refused: "payload larger than 64 KiB" };
  const body = parse(payload);
  if (body === null) return { refused: "payload is not a JSON object" };
  const time = typeof body.time === "string" && TIME.test(body.time) ? Date.parse(body.time) : Number.NaN;
  if (Number.isNaN(time)) return { refused: "no valid time" };
  return toRow(place.measurement, place.tags, time, body);
}

interface Place {
  readonly measurement: Point["measurement"];
  readonly tags: Readonly<Record<string, string>>;
}

function locate(topic: string): Place | "ignored" | null {
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

const UTF8 = new TextDecoder("utf-8", { fatal: true });

function parse(payload: Uint8Array): Record<string, unknown> | null {
  try {
    const body: unknown = JSON.parse(UTF8.decode(payload));
    return isObject(body) ? body : null;
  } catch {
    return null;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

type Value = number | string | boolean | null;

function toRow(
  measurement: Point["measurement"],
  fromTopic: Readonly<Record<string, string>>,
  time: number,
  body: Record<string, unknown>,
): Heard {
  const shape = MEASUREMENTS[measurement];
  const values = new Map<string, Value>();
  const problem = flatten(body, "", 0, values);
  if (problem) return { refused: problem };
  const tags: Record<string, string> = { ...fromTopic };
  const fields: Record<string, Value> = {};
  const roles = ROLES[measurement];
  for (const [name, value] of values) {
    if (RESERVED.has(name)) continue;
    const role = roles.get(name);
    if (Object.hasOwn(fromTopic, name)) {
      if (value !== fromTopic[name]) return { refused: `${name} differs from the topic's` };
    } else if (role === "tag") {
      if (value === null || value === "") continue;
      if (!isTag(name, value)) return { refused: `${name} is not a valid tag` };
      tags[name] = value;
    } else {
      const kept = keep(shape, role, name, value);
      if (kept !== "ok") {
        if (kept === "dropped") continue;
        return { refused: kept };
      }
      if (value !== null) fields[name] = value;
    }
  }
  const missing = lacks(measurement, fields);
  if (missing) return { refused: missing };
  // A field that every event has, so that events can be counted.
  if (measurement === "event") fields.count ??= 1;
  if (Object.keys(fields).length === 0) return { refused: "nothing in it to keep" };
  return { point: { measurement, tags, fields, time } };
}

/** What a name is in its measurement. */
type Role = "tag" | "number" | "text";

const ROLES = Object.fromEntries(
  Object.entries(MEASUREMENTS).map(([measurement, { key, tags, numbers, texts }]) => {
    const roles = new Map<string, Role>();
    for (const name of texts) roles.set(name, "text");
    for (const name of numbers) roles.set(name, "number");
    for (const name of [...key, ...tags]) roles.set(name, "tag");
    return [measurement, roles];
  }),
) as unknown as Readonly<Record<Point["measurement"], ReadonlyMap<string, Role>>>;

/** Puts the leaves of a payload into `into`, nested names joined by `_`. Says what is wrong with it, if anything. */
function flatten(
  value: Record<string, unknown>,
  prefix: string,
  depth: number,
  into: Map<string, Value>,
): string | null {
  if (depth > MAXIMUM_DEPTH) return "nested too deeply";
  for (const [key, inner] of Object.entries(value)) {
    const name = columnName(`${prefix}${key}`);
    if (isObject(inner)) {
      const problem = flatten(inner, `${name}_`, depth + 1, into);
      if (problem) return problem;
    } else if (Array.isArray(inner)) {
      into.set(name, JSON.stringify(inner)); // Kept as text: a list has no place in a row.
    } else {
      if (typeof inner === "number" && !Number.isFinite(inner)) return "a number is not finite"; // 1e999 is JSON
      into.set(name, typeof inner === "string" ? writable(inner) : (inner as Value));
    }
    if (into.size > MAXIMUM_FIELDS) return "too many fields";
  }
  return null;
}

/** Names repeat with every message, so what became of the plain ones is not asked again. */
const PLAIN = /^[a-z0-9_]*$/;
const columnName = (name: string) =>
  PLAIN.test(name) ? name : name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");

function isTag(name: string, value: Value): value is string {
  if (name === "activity") return (ACTIVITIES as readonly Value[]).includes(value);
  return typeof value === "string" && TAG.test(value);
}

/** A field's type never changes, or InfluxDB would refuse what comes after. */
function keep(
  shape: Measurement,
  role: Role | undefined,
  name: string,
  value: Value,
): "ok" | "dropped" | string {
  if (role === "number")
    return value === null || typeof value === "number" ? "ok" : `${name} is not a number`;
  if (role === "text") return value === null || typeof value === "string" ? "ok" : `${name} is not a text`;
  return shape.open && FIELD.test(name) ? "ok" : "dropped";
}

function lacks(measurement: Point["measurement"], fields: Readonly<Record<string, Value>>): string | null {
  if (measurement === "focus" || measurement === "zone_focus") {
    if (!(QUALITIES as readonly unknown[]).includes(fields.quality))
      return "quality is none of the contract's";
  }
  return null;
}
