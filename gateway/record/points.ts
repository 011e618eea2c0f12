import { ACTIVITIES, QUALITIES } from "../terms.ts";
import { MEASUREMENTS, type Measurement } from "./measurements.ts";
import { locate, type Place } from "./place.ts";
import type { Point } from "./sink.ts";

/** What became of a message: a point, a refusal with its reason, or nothing, because it is not for the record. */
export type Heard = { readonly point: Point } | { readonly refused: string } | "ignored";

export const MAXIMUM_PAYLOAD_BYTES = 64 * 1024;
const MAXIMUM_FIELDS = 256;
const MAXIMUM_DEPTH = 4;

/** Field names, after flattening. Lower case only: DuckDB takes `Co2` and `co2` for one column. */
const FIELD = /^[a-z][a-z0-9_]{0,63}$/;
/** The contract's time: UTC ISO-8601. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/;
/** JSON can say half a surrogate pair and NUL; UTF-8 and databases cannot. */
const UNWRITABLE = /\p{Cs}|\0/gu;
const ASCII = /^[ -~]*$/;
const writable = (text: string) => (ASCII.test(text) ? text : text.replaceAll(UNWRITABLE, "\ufffd"));
/** These would be mistaken for the row's own time, or say again what the topic has said. */
const RESERVED = ["time", "_time", "site", "room"];

/** A message of the contract as a point. Never throws, whatever comes in; the same message is the same point. */
export function toPoint(topic: string, payload: Uint8Array): Heard {
  const place = locate(topic);
  if (place === null) return { refused: "unknown topic" };
  if (place === "ignored") return place;
  if (payload.byteLength > MAXIMUM_PAYLOAD_BYTES) return { refused: "payload larger than 64 KiB" };
  const body = parse(payload);
  if (body === null) return { refused: "payload is not a JSON object" };
  const time = typeof body.time === "string" && TIME.test(body.time) ? Date.parse(body.time) : Number.NaN;
  if (Number.isNaN(time)) return { refused: "no valid time" };
  return toRow(place, time, body);
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

/** A point on its way. */
interface Row {
  readonly place: Place;
  readonly shape: Measurement;
  readonly roles: ReadonlyMap<string, Role>;
  readonly tags: Record<string, string>;
  readonly fields: Record<string, Value>;
  leaves: number;
}

function toRow(place: Place, time: number, body: Record<string, unknown>): Heard {
  const { measurement } = place;
  const [shape, roles] = [MEASUREMENTS[measurement], ROLES[measurement]];
  const row: Row = { place, shape, roles, tags: { ...place.tags }, fields: {}, leaves: 0 };
  const problem = takeAll(row, body, "", 0) ?? lacks(row);
  if (problem !== null) return { refused: problem };
  const { tags, fields } = row;
  // A field that every event has, so that events can be counted.
  if (measurement === "event") fields.count ??= 1;
  for (const _ in fields) return { point: { measurement, tags, fields, time } };
  return { refused: "nothing in it to keep" };
}

/** Puts the leaves of a payload where they belong, nested names joined by `_`. Says what is wrong with it, if anything. */
function takeAll(row: Row, values: Record<string, unknown>, prefix: string, depth: number): string | null {
  if (depth > MAXIMUM_DEPTH) return "nested too deeply";
  for (const key in values) {
    const value = values[key];
    const given = prefix + key;
    // Names that have a role are columns' names already.
    const role = row.roles.get(given);
    const name = role === undefined ? columnName(given) : given;
    const problem = isObject(value)
      ? takeAll(row, value, `${name}_`, depth + 1)
      : take(row, name, role ?? row.roles.get(name), value);
    if (problem !== null) return problem;
  }
  return null;
}

function take(row: Row, name: string, role: Role | undefined, given: unknown): string | null {
  row.leaves += 1;
  if (row.leaves > MAXIMUM_FIELDS) return "too many fields";
  if (typeof given === "number" && !Number.isFinite(given)) return "a number is not finite"; // 1e999 is JSON
  if (role === "reserved") return null;
  // A list has no place in a row and is kept as text.
  const text = Array.isArray(given) ? JSON.stringify(given) : given;
  const value = typeof text === "string" ? writable(text) : (text as Value);
  return role === "tag" ? takeTag(row, name, value) : takeField(row, name, role, value);
}

function takeTag({ place, tags }: Row, name: string, value: Value): string | null {
  const said = place.tags[name];
  if (said !== undefined) return value === said ? null : `${name} differs from the topic's`;
  if (value === null || value === "") return null;
  if (!isTag(name, value)) return `${name} is not a valid tag`;
  tags[name] = value;
  return null;
}

/** A field's type never changes, or InfluxDB would refuse what comes after. */
function takeField(
  { shape, fields }: Row,
  name: string,
  role: Role | undefined,
  value: Value,
): string | null {
  if (value === null) return null;
  if (role === "number" && typeof value !== "number") return `${name} is not a number`;
  if (role === "text" && typeof value !== "string") return `${name} is not a text`;
  if (role !== undefined || (shape.open && FIELD.test(name))) fields[name] = value;
  return null;
}

/** What a name is in its measurement; a name that is none of these is a field where the measurement is open to them. */
type Role = "tag" | "number" | "text" | "reserved";

const ROLES = Object.fromEntries(
  Object.entries(MEASUREMENTS).map(([measurement, { key, tags, numbers, texts }]) => {
    const roles = new Map<string, Role>();
    for (const name of texts) roles.set(name, "text");
    for (const name of numbers) roles.set(name, "number");
    for (const name of [...key, ...tags]) roles.set(name, "tag");
    for (const name of RESERVED) roles.set(name, "reserved");
    return [measurement, roles];
  }),
) as unknown as Readonly<Record<Point["measurement"], ReadonlyMap<string, Role>>>;

const PLAIN = /^[a-z0-9_]*$/;
const columnName = (name: string) =>
  PLAIN.test(name) ? name : name.toLowerCase().replaceAll(/[^a-z0-9_]/g, "_");

/** Tags that stand in the payload: `cpu:float32`, and units such as `m/s`. */
const TAG = /^[^\p{C}\\]{1,128}$/u;
/** The same for texts that are plain, which is quicker to see. */
const PLAIN_TAG = /^[ -[\]-~]{1,128}$/;

function isTag(name: string, value: Value): value is string {
  if (name === "activity") return (ACTIVITIES as readonly Value[]).includes(value);
  return typeof value === "string" && (PLAIN_TAG.test(value) || TAG.test(value));
}

function lacks({ place: { measurement }, fields }: Row): string | null {
  if (measurement !== "focus" && measurement !== "zone_focus") return null;
  const known = (QUALITIES as readonly unknown[]).includes(fields.quality);
  return known ? null : "quality is none of the contract's";
}
