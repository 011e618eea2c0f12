import { z } from "zod";

/** One room as its gateway last spoke of itself on the broker. Null where it has not. */
export interface RoomEntry {
  readonly site: string;
  readonly room: string;
  /** `online`, `stopped`, `offline`. */
  readonly state: string | null;
  /** UTC time of its last word on its health. */
  readonly heard: string | null;
  readonly version: string | null;
  readonly provider: string | null;
  readonly model: string | null;
  readonly perception: string | null;
  readonly profile: string | null;
  readonly config: string | null;
  readonly configHash: string | null;
  readonly flows: string | null;
  readonly cameras: Readonly<Record<string, string>>;
  readonly sensors: Readonly<Record<string, string>>;
  /** Messages that wait for the broker. */
  readonly spool: number | null;
  /** Databases, and whether each takes points. */
  readonly sinks: Readonly<Record<string, boolean>>;
  readonly diskFreeMegabytes: number | null;
  readonly shut: string | null;
}

/** What all gateways of a broker have said so far. */
export interface Inventory {
  /** Takes a message; what is none of a gateway's, or cannot be read, is let be. */
  hear(topic: string, payload: string): void;
  /** By site and room. */
  rooms(): readonly RoomEntry[];
}

const text = z.string().nullable().catch(null);
const number = z.number().nullable().catch(null);
const states = z.record(z.string(), z.string()).catch({});

/** The health of any version: what is missing or of another kind is null. */
const healthSchema = z.object({
  time: text,
  version: text,
  provider: text,
  model: text,
  perception: text,
  profile: text,
  config: text,
  config_hash: text,
  flows: text,
  cameras: states,
  sensors: states,
  spool_depth: number,
  sinks: z.record(z.string(), z.looseObject({ ok: z.boolean() })).catch({}),
  disk_free_mb: number,
  shut: text,
});

/** Anybody may publish there who may write to the broker: what is no word a gateway says is not shown. */
const STATES = ["online", "stopped", "offline"];
const TOPIC = /^classroom\/v1\/([^/]+)\/([^/]+)\/gateway\/(state|health)$/;

export function openInventory(): Inventory {
  const rooms = new Map<string, RoomEntry>();
  return {
    hear(topic, payload) {
      const [, site, room, kind] = TOPIC.exec(topic) ?? [];
      if (site === undefined || room === undefined) return;
      const said = kind === "state" ? stateIn(payload) : healthIn(payload);
      if (said === null) return;
      const name = `${site}/${room}`;
      rooms.set(name, { ...(rooms.get(name) ?? unheard(site, room)), ...said });
    },
    rooms: () =>
      [...rooms.values()].sort((a, b) => a.site.localeCompare(b.site) || a.room.localeCompare(b.room)),
  };
}

const stateIn = (payload: string) => (STATES.includes(payload) ? { state: payload } : null);

function healthIn(payload: string): Partial<RoomEntry> | null {
  let value: unknown;
  try {
    value = JSON.parse(payload);
  } catch {
    return null; // An empty one takes a retained health back.
  }
  const result = healthSchema.safeParse(value);
  if (!result.success) return null;
  const { time, config_hash, spool_depth, disk_free_mb, sinks, ...rest } = result.data;
  return {
    ...rest,
    heard: time,
    configHash: config_hash,
    spool: spool_depth,
    diskFreeMegabytes: disk_free_mb,
    sinks: Object.fromEntries(Object.entries(sinks).map(([name, { ok }]) => [name, ok])),
  };
}

const unheard = (site: string, room: string): RoomEntry => ({
  site,
  room,
  state: null,
  heard: null,
  version: null,
  provider: null,
  model: null,
  perception: null,
  profile: null,
  config: null,
  configHash: null,
  flows: null,
  cameras: {},
  sensors: {},
  spool: null,
  sinks: {},
  diskFreeMegabytes: null,
  shut: null,
});
