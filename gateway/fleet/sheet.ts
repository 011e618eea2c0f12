import type { RoomEntry } from "./inventory.ts";

/** Each column of an inventory, and what it says of a room. */
const COLUMNS: Readonly<Record<string, (room: RoomEntry, now: number) => string>> = {
  site: ({ site }) => site,
  room: ({ room }) => room,
  state: ({ state }) => state ?? "–",
  heard: ({ heard }, now) => (heard === null ? "–" : ago(now - Date.parse(heard))),
  version: ({ version }) => version ?? "–",
  provider: ({ provider }) => provider ?? "–",
  model: ({ model }) => model ?? "–",
  profile: ({ profile }) => profile ?? "–",
  config: ({ config, configHash }) =>
    configHash === null ? "–" : `${configHash.slice(0, 8)}${config === "last_good" ? " LAST GOOD" : ""}`,
  cameras: ({ cameras }) => well(cameras),
  sensors: ({ sensors }) => well(sensors),
  spool: ({ spool }) => String(spool ?? "–"),
  sinks: ({ sinks }) =>
    well(Object.fromEntries(Object.entries(sinks).map(([name, ok]) => [name, ok ? "ok" : "failed"]))),
  flows: ({ flows }) => flows ?? "–",
  shut: ({ shut }) => shut ?? "",
};

/** `2` where all are well, else those that are not: `1 of 2, back lost`. */
function well(states: Readonly<Record<string, string>>): string {
  const all = Object.entries(states);
  const ill = all.filter(([, state]) => state !== "ok" && state !== "paused");
  if (ill.length === 0) return String(all.length);
  return `${all.length - ill.length} of ${all.length}, ${ill.map(([name, state]) => `${name} ${state}`).join(", ")}`;
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
}

/** For people: a line a room, under a line of headings. */
export function tableOf(rooms: readonly RoomEntry[], now: number): string[] {
  const rows = [
    Object.keys(COLUMNS),
    ...rooms.map((room) => Object.values(COLUMNS).map((say) => printable(say(room, now)))),
  ];
  const widths = Object.keys(COLUMNS).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}

/** What comes over a network may hold what a terminal takes for a command. */
const printable = (text: string) => text.replace(/\p{C}/gu, "�");

/** For a spreadsheet (RFC 4180), with every value as it was said; several of a kind stand in one cell, `front=ok back=lost`. */
export function csvOf(rooms: readonly RoomEntry[]): string {
  const names = [
    "site",
    "room",
    "state",
    "heard",
    "version",
    "provider",
    "model",
    "perception",
    "profile",
    "config",
    "configHash",
    "flows",
    "cameras",
    "sensors",
    "spool",
    "sinks",
    "diskFreeMegabytes",
    "shut",
  ] as const satisfies readonly (keyof RoomEntry)[];
  const lines = rooms.map((room) => names.map((name) => cellOf(room[name])));
  return `${[names, ...lines].map((line) => line.join(",")).join("\r\n")}\r\n`;
}

function cellOf(value: RoomEntry[keyof RoomEntry]): string {
  const text =
    value !== null && typeof value === "object"
      ? Object.entries(value)
          .map(([name, state]) => `${name}=${state}`)
          .join(" ")
      : String(value ?? "");
  // A spreadsheet would take such a cell for a formula: https://owasp.org/www-community/attacks/CSV_Injection
  const tame = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
}
