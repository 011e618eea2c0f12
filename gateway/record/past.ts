import { type Said, TARGETS } from "../terms.ts";
import type { Reader } from "./query/question.ts";

type Row = Readonly<Record<string, unknown>>;

/**
 * What the store has of the room since a time (ms since the Unix epoch), told again as the messages it came in: windows and
 * events, the newest so many (of each kind) in order of time, and the last reading of each sensor. Nothing but what was published is in the
 * store, so nothing else comes out. Rejects as `read` does.
 */
export async function readPast(
  read: Reader,
  { site, room, since }: { readonly site: string; readonly room: string; readonly since: number },
): Promise<Said[]> {
  const where = `site = ${text(site)} AND room = ${text(room)} AND time >= make_timestamptz(${Math.floor(since)} * 1000)`;
  const said: Said[] = [];
  for (const { table, last, topic } of TOLD_AGAIN) {
    const sql = `SELECT * FROM (SELECT * FROM ${table} WHERE ${where} ${last}) ORDER BY time`;
    for (const row of await rowsOf(read, sql)) said.push({ topic: topic(row), payload: payloadOf(row) });
  }
  return said;
}

/** Each is bounded by itself: windows of ten seconds, the shortest there are, are 720 in two hours. */
const TOLD_AGAIN = [
  { table: "focus", last: "ORDER BY time DESC LIMIT 1000", topic: () => "focus" },
  {
    table: "event",
    last: "QUALIFY row_number() OVER (PARTITION BY kind ORDER BY time DESC) <= 100 LIMIT 1000",
    topic: ({ kind }: Row) => `event/${kind}`,
  },
  {
    table: "environment",
    last: "QUALIFY row_number() OVER (PARTITION BY device, quantity ORDER BY time DESC) = 1 LIMIT 100",
    topic: ({ device, quantity }: Row) => `sensor/${device}/${quantity}`,
  },
];

async function rowsOf(read: Reader, sql: string): Promise<Row[]> {
  let names: readonly string[] = [];
  const rows: Row[] = [];
  await read(
    { sql, maximumRows: 1000, timeoutSeconds: 5 },
    {
      async columns(columns) {
        names = columns.map(({ name }) => name);
      },
      async rows(some) {
        for (const row of some) rows.push(Object.fromEntries(names.map((name, i) => [name, row[i]])));
      },
    },
  );
  return rows;
}

/** A row has a column for whatever any message ever said; a message says what it has to say. */
function payloadOf({ site, room, ...row }: Row): string {
  const said = Object.entries(row).filter(([, value]) => value !== null && value !== "");
  const targets = TARGETS.flatMap((target) => {
    const share = row[`targets_${target}`] ?? null;
    return share === null ? [] : [[target, share]];
  });
  const flat = said.filter(([name]) => !name.startsWith("targets_"));
  return JSON.stringify({
    ...Object.fromEntries(flat),
    ...(targets.length > 0 && { targets: Object.fromEntries(targets) }),
  });
}

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
