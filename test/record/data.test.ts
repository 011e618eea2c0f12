import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { MEASUREMENTS } from "../../gateway/record/measurements.ts";
import { queryStore } from "../../gateway/record/query/ask.ts";
import type { Point } from "../../gateway/record/sink.ts";
import { openEmbedded } from "../../gateway/record/sinks/embedded.ts";
import { openInflux } from "../../gateway/record/sinks/influx.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { temporaryFolder } from "../support/places.ts";

const text = readFileSync(path.join(packageRoot, "docs", "data.md"), "utf8");

describe("docs/data.md", () => {
  const section = (name: string) => text.split(/^### /m).find((part) => part.startsWith(`${name} `)) ?? "";

  it.each(Object.entries(MEASUREMENTS))(
    "explains every column of %s",
    (name, { key, tags, numbers, texts }) => {
      // A zone's columns are the room's.
      const said = section(name) + (name === "zone_focus" ? section("focus") : "");
      for (const column of [...key, ...tags, ...numbers, ...texts])
        expect(said, column).toContain(`\`${column}\``);
    },
  );
});

describe("every query in docs/data.md runs", () => {
  const points: Point[] = [
    {
      measurement: "focus",
      tags: { site: "s", room: "101" },
      fields: { focus: 0.5, quality: "ok" },
      time: Date.now(),
    },
    {
      measurement: "event",
      tags: { site: "s", room: "101", kind: "mark" },
      fields: { count: 1 },
      time: Date.now(),
    },
    {
      measurement: "environment",
      tags: { site: "s", room: "101", device: "d", quantity: "co2" },
      fields: { value: 800, quality: "ok" },
      time: Date.now(),
    },
  ];

  it("in the embedded store", async () => {
    const dataFolder = await temporaryFolder();
    const sink = await openEmbedded(dataFolder);
    await sink.write(points);
    await sink.close();
    const queries = [...text.matchAll(/focus-gateway query "(.+?)"/g)].map(([, sql]) => sql!);
    expect(queries).toHaveLength(4);
    for (const sql of queries)
      expect((await queryStore({ dataFolder, sql })).rows.length, sql).toBeGreaterThan(0);
  });

  it.skipIf(!hasInflux)("in a real InfluxDB (skipped where influxd is not installed)", async () => {
    const influx = await startInflux();
    onTestFinished(() => influx.stop());
    const sink = await openInflux({ version: "1", url: influx.url, database: influx.database });
    await sink.write(points);
    await sink.close();
    const queries = [...text.matchAll(/^SELECT .+$/gm)].map(([sql]) => sql);
    expect(queries).toHaveLength(3);
    for (const sql of queries) expect((await influx.query(sql)).length, sql).toBeGreaterThan(0);
  });
});
