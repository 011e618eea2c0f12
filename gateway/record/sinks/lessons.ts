import type { Database } from "../duckdb.ts";
import { AVERAGED, ROLLED } from "../keep.ts";
import type { Point } from "../sink.ts";
import { type InfluxOptions, openInflux } from "./influx.ts";

/**
 * Roll-ups by lesson for InfluxDB. Its own queries cannot group by a lesson's name, which is a field; so they come from
 * the embedded store. A point's time is that of the lesson's first window, so bringing them again changes nothing, and
 * one of a lesson that goes on is written over.
 */
export async function lessonPoints(database: Database, since: number): Promise<Point[]> {
  const points: Point[] = [];
  for (const measurement of ["focus", "zone_focus"] as const) {
    const { tags } = ROLLED[measurement];
    const columns = [...tags, "lesson", "windows", ...AVERAGED];
    const rows = await database.run(
      `SELECT epoch_ms(first)::DOUBLE, epoch_ms(last)::DOUBLE, ${columns.join(", ")}
        FROM ${measurement}_lesson WHERE time >= make_timestamptz(${since * 1000})`,
    );
    for (const [first, last, ...values] of rows) {
      const row = Object.fromEntries(columns.map((name, i) => [name, values[i]])) as Point["fields"];
      points.push({
        measurement,
        tags: Object.fromEntries(tags.map((tag) => [tag, String(row[tag])])),
        fields: {
          ...Object.fromEntries(["lesson", "windows", ...AVERAGED].map((name) => [name, row[name] ?? null])),
          minutes: Math.round((Number(last) - Number(first)) / 600) / 100,
        },
        time: Number(first),
      });
    }
  }
  return points;
}

/** Writes them where `manage.ts` has made a place for them. Rejects as a sink does, and when there is none. */
export async function bringLessons(server: InfluxOptions, points: readonly Point[]): Promise<void> {
  const sink = await openInflux(server, "lessons");
  try {
    const [refused] = await sink.write(points);
    if (refused) throw new Error(`InfluxDB takes no roll-ups by lesson: ${refused.why}`);
  } finally {
    await sink.close();
  }
}
