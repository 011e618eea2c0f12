import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { focusMessage, healthMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import type { Point } from "../../gateway/record/sink.ts";
import { influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import type { Activity, Engine, Health, Quality, Reading, Window } from "../../gateway/terms.ts";
import { hasInflux, type Influx, startInflux } from "../support/influxd.ts";
import { at, heard, MINUTE } from "./day.ts";
import { firing, readProvisioning, readRules } from "./rules.ts";

/** Each rule's own query and expressions, as committed, on both sides of what they are about. */

const rules = readRules();
const rule = (uid: string) => rules.find((one) => one.uid === uid)!;
const NOW = at("10:07:30");
const GPU: Engine = { provider: "cuda", precision: "float16" };
const CPU: Engine = { provider: "cpu", precision: "int8" };

/** A room's story: what it publishes, minute by minute before now. */
type Story = (minutesAgo: number) => {
  readonly health?: Partial<Health>;
  readonly window?: { focus?: number; quality?: Quality; activity?: Activity };
  readonly reading?: Partial<Reading>;
};

interface Case {
  readonly uid: string;
  readonly minutes: number;
  readonly fires: Readonly<Record<string, Story>>;
  readonly quiet: Readonly<Record<string, Story>>;
}

const well: Story = () => ({ health: {}, window: { focus: 0.8 } });

const CASES: readonly Case[] = [
  {
    uid: "focus-gateway-offline",
    minutes: 14 * 60,
    fires: { "silent for eight minutes": (ago) => (ago > 8 ? well(ago) : {}) },
    quiet: {
      well,
      "silent for a minute": (ago) => (ago > 1 ? well(ago) : {}),
      "paused, and well": () => ({ health: { frameAgeSeconds: 900 }, window: { quality: "paused" } }),
      "put away yesterday": (ago) => (ago > 13 * 60 ? well(ago) : {}),
    },
  },
  {
    uid: "focus-no-camera",
    minutes: 10,
    fires: { blind: (ago) => ({ window: ago > 4 ? { focus: 0.8 } : { quality: "no_camera" } }) },
    quiet: {
      well,
      "blind for a moment": (ago) => ({ window: ago === 1 ? { quality: "no_camera" } : { focus: 0.8 } }),
      paused: () => ({ window: { quality: "paused" } }),
      "too few in view": () => ({ window: { quality: "suppressed" } }),
    },
  },
  {
    uid: "focus-camera-stale",
    minutes: 10,
    fires: { "one of two is old": () => ({ health: { frameAgeSeconds: 61 }, window: { focus: 0.8 } }) },
    quiet: {
      well,
      "a minute old, and no more": () => ({ health: { frameAgeSeconds: 60 }, window: { focus: 0.8 } }),
      paused: () => ({ health: { frameAgeSeconds: 600 }, window: { quality: "paused" } }),
      "starting, no picture yet": () => ({
        health: { frameAgeSeconds: null },
        window: { quality: "no_camera" },
      }),
    },
  },
  {
    uid: "focus-provider-fell-back",
    minutes: 120,
    fires: { "on the processor since an hour": (ago) => ({ health: { engine: ago > 60 ? GPU : CPU } }) },
    quiet: {
      "always on the processor": () => ({ health: { engine: CPU } }),
      "always on the GPU": () => ({ health: { engine: GPU } }),
      "on the GPU again": (ago) => ({ health: { engine: ago > 60 && ago < 90 ? CPU : GPU } }),
    },
  },
  {
    uid: "focus-spool-growing",
    minutes: 30,
    fires: { growing: (ago) => ({ health: { spoolDepth: 600 - 20 * ago } }) },
    quiet: {
      well,
      "much, and no more than before": () => ({ health: { spoolDepth: 500 } }),
      "growing slowly": (ago) => ({ health: { spoolDepth: 200 - 5 * ago } }),
      emptying: (ago) => ({ health: { spoolDepth: 50 * ago } }),
    },
  },
  {
    uid: "focus-database-refusing",
    minutes: 30,
    fires: {
      "refuses points": (ago) => ({ health: { sinks: sinks({ refused: ago > 9 ? 3 : 4 }) } }),
      "went without some": (ago) => ({ health: { sinks: sinks({ lost: ago > 9 ? 0 : 20 }) } }),
      "is waited for": () => ({ health: { sinks: sinks({ backlog: 1001 }) } }),
    },
    quiet: {
      well,
      "refused some long ago": () => ({ health: { sinks: sinks({ refused: 9, lost: 3, backlog: 1000 }) } }),
      "counts anew since a restart": (ago) => ({ health: { sinks: sinks({ refused: ago > 9 ? 9 : 0 }) } }),
    },
  },
  {
    uid: "focus-disk",
    minutes: 30,
    fires: { "nearly full": () => ({ health: { diskFreeMegabytes: 1023 } }) },
    quiet: {
      "enough, just": () => ({ health: { diskFreeMegabytes: 1024 } }),
      "full for a moment": (ago) => ({ health: { diskFreeMegabytes: ago > 5 ? 5000 : 10 } }),
      "not known": () => ({ health: { diskFreeMegabytes: null } }),
    },
  },
  {
    uid: "focus-air",
    minutes: 30,
    fires: { stale: () => ({ reading: { value: 1410 } }) },
    quiet: {
      stuffy: () => ({ reading: { value: 1390 } }),
      "a sensor that is stuck": () => ({ reading: { value: 5000, quality: "stuck" } }),
      "very damp": () => ({ reading: { value: 5000, quantity: "humidity" } }),
      "breathed upon": (ago) => ({ reading: { value: ago > 3 ? 700 : 1800 } }),
    },
  },
  {
    uid: "focus-drop",
    minutes: 90,
    fires: { "lost for eleven minutes": (ago) => ({ window: { focus: ago > 11 ? 0.8 : 0.5 } }) },
    quiet: {
      well,
      "a little lower": (ago) => ({ window: { focus: ago > 11 ? 0.8 : 0.65 } }),
      "lost for a moment": (ago) => ({ window: { focus: ago > 3 ? 0.8 : 0.3 } }),
      "low all along": () => ({ window: { focus: 0.3 } }),
      "in an exam": (ago) => ({ window: { activity: "exam", focus: ago > 11 ? 0.8 : 0.2 } }),
      "in group work after a lecture": (ago) => ({
        window: { activity: ago > 11 ? "lecture" : "group", focus: ago > 11 ? 0.8 : 0.4 },
      }),
      paused: (ago) => ({ window: ago > 11 ? { focus: 0.8 } : { quality: "paused" } }),
      "covered, and so unknown": (ago) => ({
        window: ago > 11 ? { focus: 0.8 } : { quality: "low_coverage" },
      }),
    },
  },
];

it("every rule has cases, and every case a rule", () => {
  expect(CASES.map(({ uid }) => uid).toSorted()).toEqual(rules.map(({ uid }) => uid).toSorted());
});

describe.skipIf(!hasInflux)("against a real InfluxDB (skipped where influxd is not installed)", () => {
  let influx: Influx;
  beforeAll(async () => {
    influx = await startInflux();
  });
  afterAll(() => influx?.stop());

  const write = async (database: string, points: readonly Point[]) => {
    const sink = await openInflux(influxOptions.parse({ version: "1", url: influx.url, database }));
    expect(await sink.write(points)).toEqual([]);
    await sink.close();
  };

  it.each(CASES)("$uid fires where it should, and nowhere else", async ({ uid, minutes, fires, quiet }) => {
    const points = Object.entries({ ...fires, ...quiet }).flatMap(([room, story]) =>
      tell(room, story, minutes),
    );
    await write(uid, points);
    const alerts = await firing({ ...influx, database: uid }, rule(uid), NOW);
    // By activity too, where the rule asks by it.
    const rooms = alerts.map((labels) => labels.replace(/^north /, "").replace(/ (lecture|group|exam)$/, ""));
    expect(rooms.toSorted()).toEqual(Object.keys(fires).toSorted());
  });

  it("a gateway is not called offline because a stretch of five minutes has only just begun", async () => {
    const database = "just-begun";
    const lastReport = at("10:04:58");
    const points = Array.from({ length: 60 }, (_, index) => report("here", lastReport - index * 10_000, {}));
    await write(database, points);
    expect(await firing({ ...influx, database }, rule("focus-gateway-offline"), at("10:05:04"))).toEqual([]);
    // The condition itself holds there for a moment: that is what it must hold longer for.
    const atOnce = { ...rule("focus-gateway-offline"), for: "0s" };
    expect(await firing({ ...influx, database }, atOnce, at("10:05:04"))).toEqual(["north here"]);
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

const sinks = (influx: { backlog?: number; refused?: number; lost?: number }): Health["sinks"] => ({
  influx: { ok: true, backlog: 0, refused: 0, lost: 0, ...influx },
});

/** A room's minutes before now, a message of each kind in each. */
function tell(room: string, story: Story, minutes: number): Point[] {
  return Array.from({ length: minutes }, (_, index) => index + 1).flatMap((ago) => {
    const { health, window, reading } = story(ago);
    // In the second half of the minute, so that the last one is half a minute old.
    const time = NOW - (ago - 0.5) * MINUTE;
    return [
      ...(health ? [report(room, time, health)] : []),
      ...(window ? [look(room, time, window)] : []),
      ...(reading ? [measure(room, time, reading)] : []),
    ];
  });
}

const report = (room: string, time: number, health: Partial<Health>): Point =>
  heard(
    "north",
    room,
    healthMessage({
      time,
      version: "0.1.0",
      uptimeSeconds: 60,
      engine: CPU,
      model: "default@0a1b2c3d",
      framesPerSecond: 4,
      frameAgeSeconds: 0.3,
      spoolDepth: 0,
      spoolBytes: 0,
      dropped: 0,
      setAside: 0,
      held: 0,
      refused: 0,
      damaged: 0,
      sinks: sinks({}),
      diskFreeMegabytes: 20_000,
      temperatureCelsius: 50,
      cameras: {},
      sensors: {},
      shut: null,
      audit: "0@0a1b2c3d",
      ...health,
    }),
  ).point;

const look = (
  room: string,
  time: number,
  { focus, quality = "ok", activity = "lecture" }: { focus?: number; quality?: Quality; activity?: Activity },
): Point =>
  heard(
    "north",
    room,
    focusMessage({
      time,
      windowSeconds: 60,
      focus: focus ?? null,
      low: null,
      high: null,
      coverage: 0.9,
      heads: 20,
      expected: 24,
      targets: null,
      shiftsPerMinute: null,
      synchrony: null,
      activity,
      lesson: null,
      quality,
      model: "m@0",
      engine: CPU,
    } as Window),
  ).point;

const measure = (room: string, time: number, reading: Partial<Reading>): Point =>
  heard(
    "north",
    room,
    sensorMessage({
      device: "co2-1",
      quantity: "co2",
      time,
      value: 700,
      unit: "[ppm]",
      quality: "ok",
      ...reading,
    }),
  ).point;
