import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import { FOLDERS } from "../../provisioning/dashboards/index.ts";
import { DATABASES } from "../support/databases.ts";
import type { Influx } from "../support/influxd.ts";
import { at, type Published, publishDay } from "./day.ts";
import type { Expected } from "./expected/check.ts";
import { fleet } from "./expected/fleet.ts";
import { lesson } from "./expected/lesson.ts";
import { live } from "./expected/live.ts";
import { machine } from "./expected/machine.ts";
import { research } from "./expected/research.ts";
import { ask, askPanel, fill, type PanelJson, type Situation } from "./grafana.ts";

/**
 * Every panel's own query, as it stands in the committed JSON, is put to a real InfluxDB that holds a simulated school day,
 * and what comes is held against what was published. A panel without an expectation fails here.
 */
const EXPECTED: Readonly<Record<string, Expected>> = {
  "focus-teacher-live": live,
  "focus-teacher-lesson": lesson,
  "focus-research": research,
  "focus-it-fleet": fleet,
  "focus-it-room": machine,
};

interface DashboardJson {
  readonly uid: string;
  readonly panels: readonly PanelJson[];
  readonly templating: { readonly list: readonly { name: string; query: { query: string } }[] };
  readonly annotations: {
    readonly list: readonly { name: string; target: { query: string; textColumn: string } }[];
  };
}

const dashboards = Object.entries(FOLDERS).flatMap(([folder, { pages }]) =>
  pages.map(({ uid }): DashboardJson => {
    const file = path.join(packageRoot, "provisioning/grafana/dashboards", folder, `${uid}.json`);
    return JSON.parse(readFileSync(file, "utf8"));
  }),
);
const asking = ({ panels }: DashboardJson) => panels.filter(({ type }) => type !== "row" && type !== "text");

it("every panel that asks something has an expectation, and every expectation a panel", () => {
  for (const dashboard of dashboards) {
    const titles = asking(dashboard).map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
    expect(Object.keys(EXPECTED[dashboard.uid] ?? {}).toSorted(), dashboard.uid).toEqual(titles.toSorted());
  }
});

for (const { name, missing, start } of DATABASES)
  describe.skipIf(missing)(`against ${name}`, () => {
    let influx: Influx;
    let published: readonly Published[];

    beforeAll(async () => {
      influx = await start();
      published = publishDay();
      const sink = await openInflux(influxOptions.parse(influx.options));
      const refused = await sink.write(published.map(({ point }) => point));
      await sink.close();
      expect(refused).toEqual([]);
    });
    afterAll(() => influx?.stop());

    describe.each(dashboards.map((dashboard) => [dashboard.uid, dashboard] as const))(
      "%s",
      (uid, dashboard) => {
        for (const panel of asking(dashboard)) {
          it(`“${panel.title}” shows what was published`, async () => {
            const expectations = EXPECTED[uid]?.[panel.title] ?? [];
            expect(expectations.length).toBeGreaterThan(0);
            for (const [situation, check] of expectations)
              check(await askPanel(influx, panel, situation), published);
          });
        }

        it("offers the sites, rooms and lessons that there are", async () => {
          const several = uid === "focus-research" || uid === "focus-it-fleet";
          const page: Situation = {
            from: at("07:00"),
            to: at("10:00"),
            variables: several ? { site: ["$__all"], room: ["$__all"] } : { site: "north", room: "101" },
          };
          const offered: Record<string, unknown[]> = {};
          for (const { name, query } of dashboard.templating.list) {
            const answer = await ask(influx, fill(query.query, page, page, "1m"));
            offered[name] = answer
              .flatMap(({ rows }) => rows.map(({ value, distinct }) => value ?? distinct))
              .toSorted();
          }
          expect(offered).toEqual({
            site: ["north", "south"],
            room: ["101", "102"],
            ...("lesson" in offered ? { lesson: ["Art & Design (1/2)", "Maths"] } : {}),
          });
        });

        it("draws marks, drops, recoveries and activities of its room through its charts, each once", async () => {
          const page: Situation = {
            from: at("08:00"),
            to: at("09:30"),
            variables: { site: "north", room: "101", lesson: "$__all" },
          };
          const kinds = {
            Marks: "mark",
            "Focus dropped": "focus_drop",
            "Focus came back": "focus_recovered",
            Suggested: "suggestion",
            Activity: "activity",
          };
          for (const { name, target } of dashboard.annotations.list) {
            const kind = kinds[name as keyof typeof kinds];
            const [series] = await ask(influx, fill(target.query, page, page, "1m"));
            const wanted = published.filter(({ what, body }) => what === "event" && body.kind === kind);
            expect(wanted.length).toBeGreaterThan(0);
            expect(series!.rows.map((row) => [row.time, row[target.textColumn]])).toEqual(
              wanted.map(({ time, body }) => [time, body[target.textColumn]]),
            );
          }
        });
      },
    );
  });
