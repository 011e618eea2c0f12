import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { eventMessage, focusMessage, sensorMessage } from "../../gateway/publish/messages.ts";
import { MEASUREMENTS } from "../../gateway/record/measurements.ts";
import { MAXIMUM_PAYLOAD_BYTES, toPoint } from "../../gateway/record/points.ts";
import type { Point } from "../../gateway/record/sink.ts";
import type { Window } from "../../gateway/terms.ts";

const root = "classroom/v1/north/101";
const time = "2026-11-23T09:00:02.000Z";
const bytes = (body: unknown) => Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
const hear = (rest: string, body: unknown) => toPoint(`${root}/${rest}`, bytes(body));

const leaves = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value).flatMap(leaves) : [value];

const focus = {
  time,
  window_s: 2,
  focus: 0.75,
  low: 0.6,
  high: 0.86,
  coverage: 0.9,
  heads: 22,
  expected: 24,
  targets: { board: 0.5, desk: 0.25, screen: 0, peer: 0.05, away: 0.2 },
  shifts_per_min: 3.5,
  synchrony: 0.4,
  activity: "lecture",
  lesson: "Photosynthesis",
  quality: "ok",
  model: "geometry@0123abcd",
  provider: "cpu/float32",
};

describe("a message becomes a point", () => {
  it("takes a window apart into tags and flattened fields, at the window's end in milliseconds", () => {
    expect(hear("focus", focus)).toEqual({
      point: {
        measurement: "focus",
        time: Date.UTC(2026, 10, 23, 9, 0, 2),
        tags: {
          site: "north",
          room: "101",
          activity: "lecture",
          model: "geometry@0123abcd",
          provider: "cpu/float32",
        },
        fields: {
          window_s: 2,
          focus: 0.75,
          low: 0.6,
          high: 0.86,
          coverage: 0.9,
          heads: 22,
          expected: 24,
          targets_board: 0.5,
          targets_desk: 0.25,
          targets_screen: 0,
          targets_peer: 0.05,
          targets_away: 0.2,
          shifts_per_min: 3.5,
          synchrony: 0.4,
          lesson: "Photosynthesis",
          quality: "ok",
        },
      },
    });
  });

  it("leaves nulls out and keeps what the window does say", () => {
    const paused = { ...focus, focus: null, low: null, high: null, targets: null, quality: "paused" };
    const heard = hear("focus", paused) as { point: { fields: object } };
    expect(heard.point.fields).not.toHaveProperty("focus");
    expect(heard.point.fields).toMatchObject({ quality: "paused", window_s: 2 });
  });

  it("reads zone, device and quantity from the topic", () => {
    expect(hear("zone/back/focus", focus)).toMatchObject({
      point: { measurement: "zone_focus", tags: { zone: "back" } },
    });
    expect(hear("sensor/co2-1/co2", { time, value: 812, unit: "[ppm]", quality: "ok" })).toEqual({
      point: {
        measurement: "environment",
        time: Date.parse(time),
        tags: { site: "north", room: "101", device: "co2-1", quantity: "co2", unit: "[ppm]" },
        fields: { value: 812, quality: "ok" },
      },
    });
  });

  it("keeps a mark's text as a field, and gives every event a count", () => {
    expect(hear("event/mark", { time, kind: "mark", text: 'fire drill, "loud"' })).toMatchObject({
      point: {
        measurement: "event",
        tags: { kind: "mark" },
        fields: { text: 'fire drill, "loud"', count: 1 },
      },
    });
  });

  it("replaces what UTF-8 cannot say, such as half a surrogate pair", () => {
    const heard = hear("event/mark", `{"time":"${time}","text":"a\\ud800b\\u0000c"}`);
    expect(heard).toMatchObject({ point: { fields: { text: "a\ufffdb\ufffdc" } } });
  });

  it("flattens the gateway's health by camera and sensor", () => {
    const health = { time, version: "0.1.0", provider: null, cameras: { "front-left": { state: "ok" } } };
    expect(hear("gateway/health", health)).toMatchObject({
      point: { fields: { version: "0.1.0", cameras_front_left_state: "ok" } },
    });
  });

  it("drops what the contract does not have about people, a seat above all", () => {
    const heard = hear("focus", { ...focus, seat: 7, faces: [{ yaw: 3 }] }) as { point: { fields: object } };
    expect(Object.keys(heard.point.fields)).not.toContain("seat");
    expect(Object.keys(heard.point.fields)).not.toContain("faces");
  });

  it("understands every message the gateway publishes, and loses nothing of it", () => {
    const engine = { provider: "cpu", precision: "int8" } as const;
    const facts = {
      time: Date.parse(time),
      windowSeconds: 2,
      focus: 0.75,
      low: 0.6,
      high: 0.86,
      coverage: 0.9,
      heads: 22,
      expected: 24,
      targets: focus.targets,
      shiftsPerMinute: 3.5,
      synchrony: 0.4,
      activity: "lecture",
      lesson: "Photosynthesis",
      quality: "ok",
      model: "geometry@0123abcd",
      perception: "default@89abcdef",
      engine,
    };
    const window = facts as unknown as Window;
    const reading = { device: "co2-1", quantity: "co2", time: facts.time, value: 812, unit: "[ppm]" };
    const messages = [
      focusMessage(window),
      focusMessage(window, { zone: "back" }),
      sensorMessage({ ...reading, quality: "ok" }),
      sensorMessage({ ...reading, value: Number.NaN, quality: "stuck" }),
      eventMessage({ time: facts.time, kind: "activity", activity: "exam", lesson: "Maths", from: 0.8 }),
      eventMessage({ time: facts.time, kind: "mark", text: "fire drill" }),
    ];
    for (const { topic, payload } of messages) {
      const heard = toPoint(`${root}/${topic}`, Buffer.from(payload));
      const { tags, fields } = (heard as { point: Point }).point;
      const kept = Object.values({ ...tags, ...fields });
      for (const value of leaves(JSON.parse(payload)))
        if (value !== time && value !== null) expect(kept, topic).toContain(value);
    }
  });

  it("ignores what is not for the record", () => {
    expect(hear("gateway/state", "online")).toBe("ignored");
    expect(hear("set/activity", "exam")).toBe("ignored");
  });
});

describe("a message is refused, with its reason, and never thrown", () => {
  it.each([
    ["not JSON", "focus", "{", "payload is not a JSON object"],
    ["a list", "focus", "[]", "payload is not a JSON object"],
    ["no time", "focus", { ...focus, time: undefined }, "no valid time"],
    ["a local time", "focus", { ...focus, time: "2026-11-23T09:00:02" }, "no valid time"],
    ["an impossible date", "focus", { ...focus, time: "2026-13-45T09:00:02Z" }, "no valid time"],
    ["an infinite number", "sensor/a/b", `{"time":"${time}","value":1e999}`, "a number is not finite"],
    ["a text for a number", "sensor/a/b", { time, value: "812" }, "value is not a number"],
    ["nothing measured", "sensor/a/b", { time, value: null }, "nothing in it to keep"],
    ["an unknown quality", "focus", { ...focus, quality: "fine" }, "quality is none of the contract's"],
    ["an unknown activity", "focus", { ...focus, activity: "yoga" }, "activity is not a valid tag"],
    ["another kind than the topic's", "event/a", { time, kind: "b" }, "kind differs from the topic's"],
    ["an unknown topic", "secret/plan", { time }, "unknown topic"],
    ["too deep a nest", "event/a", { time, a: { b: { c: { d: { e: { f: 1 } } } } } }, "nested too deeply"],
  ])("%s", (_, rest, body, refused) => {
    expect(hear(rest, body)).toEqual({ refused });
  });

  it("invalid UTF-8 and payloads beyond 64 KiB", () => {
    expect(toPoint(`${root}/focus`, Buffer.from([0x7b, 0xff, 0x7d]))).toHaveProperty("refused");
    const long = { time, kind: "mark", text: "x".repeat(MAXIMUM_PAYLOAD_BYTES) };
    expect(hear("event/mark", long)).toEqual({ refused: "payload larger than 64 KiB" });
  });

  it("names that would break out of the line protocol", () => {
    for (const name of ["a\\", "a\nb", "a\u0000", "", "x".repeat(129)])
      expect(toPoint(`${root}/sensor/${name}/co2`, bytes({ time, value: 1 }))).toEqual({
        refused: "unknown topic",
      });
  });
});

describe("whatever comes in", () => {
  it("the answer has tags of the contract only, finite numbers, and types that never change", () => {
    const topics = ["focus", "zone/z/focus", "sensor/d/q", "event/k", "gateway/health"].map(
      (t) => `${root}/${t}`,
    );
    const topic = fc.oneof(fc.constantFrom(...topics), fc.string());
    const body = fc.oneof(
      fc.string(),
      fc.json(),
      fc.object({ maxDepth: 3 }).map((extra) => JSON.stringify({ ...extra, ...focus, value: 1 })),
      fc
        .dictionary(fc.constantFrom(...Object.keys(focus), "value", "__proto__", "time"), fc.anything())
        .map((x) => {
          try {
            return JSON.stringify({ ...focus, ...x }, (_, value) => (typeof value === "bigint" ? 0 : value));
          } catch {
            return "{}";
          }
        }),
    );
    let points = 0;
    fc.assert(
      fc.property(topic, body, (topic, body) => {
        const heard = toPoint(topic, Buffer.from(body));
        if (heard === "ignored" || "refused" in heard) return;
        points += 1;
        const { measurement, tags, fields, time } = heard.point;
        const shape = MEASUREMENTS[measurement];
        expect(Number.isSafeInteger(Math.trunc(time))).toBe(true);
        for (const tag of Object.keys(tags)) expect([...shape.key, ...shape.tags]).toContain(tag);
        for (const [name, value] of Object.entries(fields)) {
          expect(name).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
          if (shape.numbers.includes(name)) expect(typeof value).toBe("number");
          if (shape.texts.includes(name)) expect(typeof value).toBe("string");
          if (!shape.open) expect([...shape.numbers, ...shape.texts]).toContain(name);
        }
      }),
      { numRuns: 2000 },
    );
    expect(points).toBeGreaterThan(100);
  });
});
