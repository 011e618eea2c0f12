import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Point } from "../../gateway/record/sink.ts";
import { influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import { DATABASES } from "../support/databases.ts";
import type { Influx } from "../support/influxd.ts";
import { CASES, NOW, report, tell } from "./cases.ts";
import { at } from "./day.ts";
import { firing, readProvisioning, readRules } from "./rules.ts";

/** Each rule's own query and expressions, as committed, on both sides of what they are about. */

const rules = readRules();
const rule = (uid: string) => rules.find((one) => one.uid === uid)!;

it("every rule has cases, and every case a rule", () => {
  expect(CASES.map(({ uid }) => uid).toSorted()).toEqual(rules.map(({ uid }) => uid).toSorted());
});

for (const { name, missing, start } of DATABASES)
  describe.skipIf(missing)(`against ${name}`, () => {
    let influx: Influx;
    beforeAll(async () => {
      influx = await start();
    });
    afterAll(() => influx?.stop());

    /** A database of its own, with these points. */
    const holding = async (database: string, points: readonly Point[]) => {
      const own = await influx.another(database);
      const sink = await openInflux(influxOptions.parse(own.options));
      expect(await sink.write(points)).toEqual([]);
      await sink.close();
      return own;
    };

    it.each(CASES)("$uid fires where it should, and nowhere else", async ({ uid, minutes, fires, quiet }) => {
      const points = Object.entries({ ...fires, ...quiet }).flatMap(([room, story]) =>
        tell(room, story, minutes),
      );
      const alerts = await firing(await holding(uid, points), rule(uid), NOW);
      // By activity too, where the rule asks by it.
      const rooms = alerts.map((labels) =>
        labels.replace(/^north /, "").replace(/ (lecture|group|exam)$/, ""),
      );
      expect(rooms.toSorted()).toEqual(Object.keys(fires).toSorted());
    });

    it("a gateway is not called offline because a stretch of five minutes has only just begun", async () => {
      const lastReport = at("10:04:58");
      const points = Array.from({ length: 60 }, (_, index) =>
        report("here", lastReport - index * 10_000, {}),
      );
      const own = await holding("just-begun", points);
      expect(await firing(own, rule("focus-gateway-offline"), at("10:05:04"))).toEqual([]);
      // The condition itself holds there for a moment: that is what it must hold longer for.
      const atOnce = { ...rule("focus-gateway-offline"), for: "0s" };
      expect(await firing(own, atOnce, at("10:05:04"))).toEqual(["north here"]);
    });
  });

describe("who is told", () => {
  const { policies, muteTimes } = readProvisioning("alerting/focus-policies.yaml") as {
    policies: Route[];
    muteTimes: { name: string; time_intervals: { times?: object[]; weekdays?: string[] }[] }[];
  };

  interface Route {
    readonly receiver: string;
    readonly object_matchers?: readonly (readonly [string, string, string])[];
    readonly routes?: readonly Route[];
    readonly continue?: boolean;
    readonly mute_time_intervals?: readonly string[];
  }

  /** The first route that fits, or the root: there is no `continue` in ours. */
  const routeOf = (labels: Readonly<Record<string, string>>, { routes = [], ...own }: Route): Route => {
    const next = routes.find(({ object_matchers = [] }) =>
      object_matchers.every(([name, operator, value]) => operator === "=" && labels[name] === value),
    );
    return next ? routeOf(labels, next) : own;
  };

  it("what is about a class goes to its teacher and to nobody else, what is about machines to IT", () => {
    const receivers = Object.fromEntries(
      rules.map(({ uid, labels }) => [uid, routeOf(labels, policies[0]!).receiver]),
    );
    const { "focus-drop": drop, "focus-air": air, ...machines } = receivers;
    expect([drop, air]).toEqual(["Focus teacher", "Focus teacher"]);
    expect(new Set(Object.values(machines))).toEqual(new Set(["Focus IT"]));
    expect(JSON.stringify(policies)).not.toContain("continue");
  });

  it("only a gateway that is off, as it may be at night, waits for school to begin", () => {
    const muted = rules.filter(
      ({ labels }) => routeOf(labels, policies[0]!).mute_time_intervals !== undefined,
    );
    expect(muted.map(({ uid }) => uid)).toEqual(["focus-gateway-offline"]);
    expect(routeOf(muted[0]!.labels, policies[0]!).mute_time_intervals).toEqual(
      muteTimes.map(({ name }) => name),
    );
  });

  it("what no machine says anything about is an alarm of its own, and so is a database that does not answer", () => {
    expect(rules.filter(({ noDataState }) => noDataState === "Alerting").map(({ uid }) => uid)).toEqual([
      "focus-gateway-offline",
    ]);
    expect(rules.filter(({ execErrState }) => execErrState === "Alerting").map(({ uid }) => uid)).toEqual([
      "focus-database-refusing",
    ]);
  });
});
