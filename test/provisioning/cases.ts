import type { Health } from "../../gateway/health.ts";
import { focusMessage, healthMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import type { Point } from "../../gateway/record/sink.ts";
import type { Activity, Engine, Quality, Reading, Window } from "../../gateway/terms.ts";
import { at, heard, MINUTE } from "./day.ts";

/** Rooms on both sides of each alert rule's condition: those for which it must fire, and those for which it must not. */

export const NOW = at("10:07:30");
const GPU: Engine = { provider: "cuda", precision: "float16" };
const CPU: Engine = { provider: "cpu", precision: "int8" };

/** A room's story: what it publishes, minute by minute before now. */
export type Story = (minutesAgo: number) => {
  readonly health?: Partial<Health>;
  readonly window?: { focus?: number; quality?: Quality; activity?: Activity };
  readonly reading?: Partial<Reading>;
};

export interface Case {
  readonly uid: string;
  readonly minutes: number;
  readonly fires: Readonly<Record<string, Story>>;
  readonly quiet: Readonly<Record<string, Story>>;
}

const well: Story = () => ({ health: {}, window: { focus: 0.8 } });

export const CASES: readonly Case[] = [
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
    uid: "focus-certificate",
    minutes: 30,
    fires: {
      "in its last month": () => ({ health: { certificateDays: 29 } }),
      "run out": () => ({ health: { certificateDays: -1 } }),
    },
    quiet: {
      "enough, just": () => ({ health: { certificateDays: 30 } }),
      "without any": () => ({ health: { certificateDays: null } }),
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
    fires: {
      stale: () => ({ reading: { value: 1410 } }),
      "stale, by a meter whose battery is low": () => ({ reading: { value: 1410, quality: "low_battery" } }),
    },
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

const sinks = (influx: { backlog?: number; refused?: number; lost?: number }): Health["sinks"] => ({
  influx: { ok: true, backlog: 0, refused: 0, lost: 0, ...influx },
});

/** A room's minutes before now, a message of each kind in each. */
export function tell(room: string, story: Story, minutes: number): Point[] {
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

export const report = (room: string, time: number, health: Partial<Health>): Point =>
  heard(
    "north",
    room,
    healthMessage({
      time,
      version: "0.1.0",
      uptimeSeconds: 60,
      engine: CPU,
      model: "attention@0a1b2c3d",
      perception: "default@4e5f6a7b",
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
      shutBy: [],
      certificateDays: 700,
      audit: "0@0a1b2c3d",
      flows: "ok",
      config: "as_given",
      configHash: "0a1b2c3d4e5f6071",
      profile: "aggregate",
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
      perception: "p@0",
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
