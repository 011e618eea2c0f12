import fc from "fast-check";
import { expect, test } from "vitest";
import { eventMessage, focusMessage, healthMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import { isTopicLevel, topicRoot, topics } from "../../gateway/publish/topics.ts";
import { TARGETS, type Window, type WindowFacts } from "../../gateway/terms.ts";

const facts: WindowFacts = {
  time: Date.UTC(2026, 10, 23, 9, 15, 5),
  windowSeconds: 5,
  focus: 0.723456,
  low: 0.61,
  high: 0.81239,
  coverage: 0.958333,
  heads: 23,
  expected: 24,
  targets: { board: 0.5, desk: 0.22345678, screen: 0, peer: 0.2, away: 0.0765 },
  shiftsPerMinute: 3.25,
  synchrony: 0.41,
  activity: "lecture",
  lesson: "Maths",
  quality: "ok",
  model: "geometric@0a1b2c3d",
  perception: "default@4e5f6a7b",
  engine: { provider: "cpu", precision: "int8" },
};
/** What only protect can make: here the format is tested, and not who may. */
const window = facts as Window;

test("a window's payload has the contract's fields and no others", () => {
  const message = focusMessage(window);
  expect(message).toMatchObject({ topic: "focus", retain: false, kind: "focus" });
  expect(JSON.parse(message.payload)).toEqual({
    time: "2026-11-23T09:15:05.000Z",
    window_s: 5,
    focus: 0.7235,
    low: 0.61,
    high: 0.8124,
    coverage: 0.9583,
    heads: 23,
    expected: 24,
    targets: { board: 0.5, desk: 0.2235, screen: 0, peer: 0.2, away: 0.0765 },
    shifts_per_min: 3.25,
    synchrony: 0.41,
    activity: "lecture",
    lesson: "Maths",
    quality: "ok",
    model: "geometric@0a1b2c3d",
    perception: "default@4e5f6a7b",
    provider: "cpu:int8",
  });
  expect(focusMessage(window, { zone: "back row" }).topic).toBe("zone/back row/focus");
});

test("what is not known is null, and never a number", () => {
  const unknown = {
    focus: null,
    low: Number.NaN,
    coverage: null,
    heads: null,
    targets: null,
    synchrony: null,
  } as const;
  const payload = JSON.parse(
    focusMessage({ ...window, ...unknown, quality: "suppressed" } as Window).payload,
  );
  expect(payload).toMatchObject({
    focus: null,
    low: null,
    coverage: null,
    heads: null,
    targets: null,
    quality: "suppressed",
  });
});

test("only a Window can become a message about people", () => {
  // @ts-expect-error The same facts, not made by protect, do not compile (`npm run typecheck` proves it).
  expect(focusMessage(facts).topic).toBe("focus");
});

test("sensors, events and health have their topics, classes and fields", () => {
  const time = facts.time;
  const reading = {
    device: "co2-1",
    quantity: "co2",
    time,
    value: 812.34567891,
    unit: "[ppm]",
    quality: "ok",
  } as const;
  expect(sensorMessage(reading)).toEqual({
    topic: "sensor/co2-1/co2",
    kind: "environment",
    retain: false,
    payload: '{"time":"2026-11-23T09:15:05.000Z","value":812.3457,"unit":"[ppm]","quality":"ok"}',
  });
  expect(eventMessage({ time, kind: "focus_drop", from: 0.81234567, to: 0.5 })).toEqual({
    topic: "event/focus_drop",
    kind: "event",
    retain: false,
    payload: '{"time":"2026-11-23T09:15:05.000Z","kind":"focus_drop","from":0.8123,"to":0.5}',
  });
  const health = healthMessage({
    time,
    version: "0.1.0",
    uptimeSeconds: 61.7,
    engine: { provider: "cpu", precision: "float32" },
    eye: {
      cpuShare: 0.41236,
      framesPerSecondLimit: null,
      building: "tensorrt",
      refused: { cuda: "no such library" },
    },
    model: "geometric@0a1b2c3d",
    perception: "default@4e5f6a7b",
    framesPerSecond: 1.98765,
    frameAgeSeconds: 0.31,
    spoolDepth: 2,
    spoolBytes: 900,
    dropped: 0,
    setAside: 1,
    held: 2,
    refused: 3,
    damaged: 4,
    sinks: { influx: { ok: false, backlog: 5, refused: 6, lost: 7 } },
    diskFreeMegabytes: 10240,
    certificateDays: 812,
    temperatureCelsius: null,
    cameras: { front: "ok" },
    sensors: { "co2-1": "ok" },
    shut: "teacher: it was paused",
    shutBy: ["teacher", "timetable"],
    audit: "3@0a1b2c3d4e5f6071",
    flows: "left_out",
    config: "last_good",
    configHash: "0a1b2c3d4e5f6071",
    profile: "aggregate",
  });
  expect(health).toMatchObject({ topic: "gateway/health", kind: "health", retain: true });
  expect(JSON.parse(health.payload)).toEqual({
    time: "2026-11-23T09:15:05.000Z",
    version: "0.1.0",
    uptime_s: 62,
    provider: "cpu:float32",
    eye: {
      cpu_share: 0.4124,
      frames_per_second_limit: null,
      building: "tensorrt",
      refused: { cuda: "no such library" },
    },
    model: "geometric@0a1b2c3d",
    perception: "default@4e5f6a7b",
    frames_per_second: 1.9877,
    frame_age_s: 0.31,
    spool_depth: 2,
    spool_bytes: 900,
    dropped: 0,
    set_aside: 1,
    held: 2,
    refused: 3,
    damaged: 4,
    sinks: { influx: { ok: false, backlog: 5, refused: 6, lost: 7 } },
    disk_free_mb: 10240,
    certificate_days: 812,
    temperature_c: null,
    cameras: { front: "ok" },
    sensors: { "co2-1": "ok" },
    shut: "teacher: it was paused",
    shut_by: ["teacher", "timetable"],
    audit: "3@0a1b2c3d4e5f6071",
    flows: "left_out",
    config: "last_good",
    config_hash: "0a1b2c3d4e5f6071",
    profile: "aggregate",
  });
});

test("no name can break out of its level of a topic", () => {
  expect(topicRoot("demo", "room-1")).toBe("classroom/v1/demo/room-1");
  for (const name of ["", "a/b", "+", "a#", "$SYS", "a\nb", "a\u0000", "\u202e", "x".repeat(129)]) {
    expect(isTopicLevel(name), JSON.stringify(name)).toBe(false);
    expect(() => topics.sensor(name, "co2")).toThrow(/cannot be a level/);
    expect(() => topicRoot("demo", name)).toThrow(/cannot be a level/);
  }
  for (const name of ["a", "Raum 12", "Fönster", "教室"]) expect(isTopicLevel(name), name).toBe(true);
});

test("shares sum to 1 also as they are written, each within a ten-thousandth of what it is", () => {
  const weights = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 });
  fc.assert(
    fc.property(weights, (given) => {
      const sum = given.reduce((all, one) => all + one, 0);
      fc.pre(sum > 0.01);
      const targets = Object.fromEntries(TARGETS.map((target, i) => [target, given[i]! / sum]));
      const said = JSON.parse(focusMessage({ ...window, targets } as unknown as Window).payload).targets;
      expect(Object.keys(said)).toEqual([...TARGETS]);
      const tenThousandths = TARGETS.map((target) => Math.round(said[target] * 10_000));
      expect(tenThousandths.reduce((all, one) => all + one, 0)).toBe(10_000);
      for (const target of TARGETS) expect(Math.abs(said[target] - targets[target]!)).toBeLessThan(1e-4);
    }),
  );
});
