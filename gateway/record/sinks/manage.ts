import { failure, GatewayError } from "../../errors.ts";
import { withoutCredentials } from "../../log.ts";
import { type Keep, ROLLED } from "../keep.ts";
import { type Connection, connect, type InfluxOptions, statusOf } from "./influx.ts";

/**
 * Sets up how long InfluxDB keeps what, and its roll-ups of a minute and a day. Asking twice changes nothing. What came
 * up to a day late is rolled up again with the rest. Roll-ups by lesson are given a place: see `lessons.ts`.
 *
 * Returns what was set up, in words. Rejects with INFLUX_UNREACHABLE, or with INFLUX_REFUSED where the user or token
 * may not.
 */
export async function manageInflux(options: InfluxOptions, keep: Keep): Promise<readonly string[]> {
  const connection = await connect(options);
  const url = withoutCredentials(options.url);
  const ask: Connection["ask"] = (path, request) =>
    connection.ask(path, request).catch((error) => {
      const status = statusOf(error);
      throw status === null
        ? failure("INFLUX_UNREACHABLE", { url }, error)
        : failure("INFLUX_REFUSED", { url, status }, error);
    });
  try {
    return await (options.version === "1" ? manage1(options, ask, keep) : manage2(options, ask, keep));
  } finally {
    connection.close();
  }
}

type Options1 = Extract<InfluxOptions, { version: "1" }>;
type Options2 = Extract<InfluxOptions, { version: "2" }>;

/** A bucket or a task. */
interface Found {
  readonly id: string;
  readonly orgID: string;
}

const PERIODS = [
  { name: "minutes", every: "1m", days: ({ minuteDays }: Keep) => minuteDays },
  { name: "days", every: "1d", days: () => null },
] as const;

/** Where roll-ups lie, and for how long. */
const PLACES = [...PERIODS, { name: "lessons", days: () => null }] as const;

/** InfluxDB 1.x: retention policies and continuous queries. */
export function statements({ database }: Pick<Options1, "database">, keep: Keep): string[] {
  const on = `ON "${database}"`;
  const queries = PERIODS.flatMap(({ name, every }) =>
    Object.entries(ROLLED).flatMap(([measurement, { tags, numbers, qualities }]) => {
      const means = numbers.map((number) => `mean("${number}") AS "${number}"`).join(", ");
      const query = `"${measurement}_${name}"`;
      return [
        // There is no ALTER for these, and none that is there twice.
        `DROP CONTINUOUS QUERY ${query} ${on}`,
        `CREATE CONTINUOUS QUERY ${query} ${on} RESAMPLE EVERY ${every === "1m" ? "10m" : "1h"} FOR ${every === "1m" ? "1d" : "2d"} BEGIN ` +
          `SELECT ${means} INTO "${database}"."${name}"."${measurement}" FROM "${database}"."autogen"."${measurement}" ` +
          `WHERE ${qualities.map((quality) => `"quality" = '${quality}'`).join(" OR ")} GROUP BY time(${every}), ${tags.map((tag) => `"${tag}"`).join(", ")} END`,
      ];
    }),
  );
  return [
    `CREATE DATABASE "${database}"`,
    `ALTER RETENTION POLICY "autogen" ${on} DURATION ${keep.rawDays}d DEFAULT`,
    ...PLACES.flatMap(({ name, days }) => {
      const duration = days(keep) === null ? "INF" : `${days(keep)}d`;
      // Made if it is missing (with INF, which never clashes with one that is there), then set.
      const policy = `RETENTION POLICY "${name}" ${on}`;
      return [`CREATE ${policy} DURATION INF REPLICATION 1`, `ALTER ${policy} DURATION ${duration}`];
    }),
    ...queries,
  ];
}

async function manage1(options: Options1, ask: Connection["ask"], keep: Keep): Promise<readonly string[]> {
  for (const q of statements(options, keep)) {
    const type = "application/x-www-form-urlencoded";
    const body = String(new URLSearchParams({ q }));
    const { results = [] } = (await ask("/query", { method: "POST", type, body })) as {
      results?: { error?: string }[];
    };
    const problem = results.find(({ error }) => error)?.error;
    const expected = problem && /already exists|conflicts with an existing|not found/.test(problem);
    if (problem && !expected)
      throw failure(
        "INFLUX_REFUSED",
        { url: withoutCredentials(options.url), status: 200 },
        new Error(problem),
      );
  }
  return [
    `windows and measurements stay ${keep.rawDays} days, one-minute roll-ups ${keep.minuteDays}, those of lessons and days for good`,
    "roll-ups are in the retention policies `minutes`, `lessons` and `days`",
  ];
}

/** InfluxDB 2.x: buckets and tasks. Tasks are in Flux: 2.x has no other way. */
async function manage2(options: Options2, ask: Connection["ask"], keep: Keep): Promise<readonly string[]> {
  const call = (path: string, method: string, body: object) =>
    ask(path, { method, body: JSON.stringify(body) });
  const find = async (what: "buckets" | "tasks", name: string): Promise<Found | undefined> => {
    const path = `/api/v2/${what}?${new URLSearchParams({ name, org: options.org })}`;
    const found = (await ask(path, { method: "GET" }).catch((error) => {
      // A bucket of a name that there is not is answered so; a task, with an empty list.
      if (error instanceof GatewayError && statusOf(error.cause) === 404) return {};
      throw error;
    })) as { [kind: string]: Found[] };
    return found[what]?.[0];
  };
  const { orgID } = (await find("buckets", options.bucket)) ?? {};
  if (!orgID) throw failure("INFLUX_REFUSED", { url: withoutCredentials(options.url), status: 404 });

  const buckets: readonly (readonly [string, number | null])[] = [
    [options.bucket, keep.rawDays],
    ...PLACES.map(({ name, days }) => [`${options.bucket}_${name}`, days(keep)] as const),
  ];
  for (const [name, days] of buckets) {
    const retentionRules = days === null ? [] : [{ type: "expire", everySeconds: days * 86_400 }];
    const there = await find("buckets", name);
    if (there) await call(`/api/v2/buckets/${there.id}`, "PATCH", { retentionRules });
    else await call("/api/v2/buckets", "POST", { orgID, name, retentionRules });
  }
  for (const period of PERIODS) {
    const flux = task(options.bucket, period);
    const there = await find("tasks", `focus-gateway ${period.name}`);
    if (there) await call(`/api/v2/tasks/${there.id}`, "PATCH", { flux, status: "active" });
    else await call("/api/v2/tasks", "POST", { orgID, flux, status: "active" });
  }
  return [
    `windows and measurements stay ${keep.rawDays} days, one-minute roll-ups ${keep.minuteDays}, those of lessons and days for good`,
    `roll-ups are in the buckets ${options.bucket}_minutes, ${options.bucket}_lessons and ${options.bucket}_days`,
  ];
}

/**
 * Averages of each number of each measurement. Quality is a field beside the numbers, hence the pivot into rows. Whole
 * minutes and days, from the first on: what is averaged over a part would be written over what was right.
 */
export function task(
  bucket: string,
  { name, every }: Pick<(typeof PERIODS)[number], "name" | "every">,
): string {
  const text = (value: unknown) => JSON.stringify(value);
  const often = every === "1m" ? "10m" : "1h";
  const lines = ['import "date"', `option task = {name: "focus-gateway ${name}", every: ${often}}`];
  for (const [measurement, { tags, numbers, qualities }] of Object.entries(ROLLED)) {
    lines.push(
      `${measurement} = from(bucket: ${text(bucket)})`,
      `  |> range(start: date.truncate(t: ${every === "1m" ? "-1d" : "-2d"}, unit: ${every}))`,
      `  |> filter(fn: (r) => r._measurement == ${text(measurement)})`,
      '  |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")',
      `  |> filter(fn: (r) => ${qualities.map((quality) => `r.quality == ${text(quality)}`).join(" or ")})`,
      `  |> group(columns: [${["_measurement", ...tags].map(text).join(", ")}])`,
    );
    for (const number of numbers)
      lines.push(
        measurement,
        `  |> filter(fn: (r) => exists r.${number})`,
        `  |> aggregateWindow(every: ${every}, fn: mean, column: ${text(number)}, timeSrc: "_start", createEmpty: false)`,
        `  |> rename(columns: {${number}: "_value"})`,
        `  |> set(key: "_field", value: ${text(number)})`,
        `  |> to(bucket: ${text(`${bucket}_${name}`)})`,
        `  |> yield(name: ${text(`${measurement}_${number}`)})`,
      );
  }
  return lines.join("\n");
}
