import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { Lesson } from "../../gateway/show/nodered/lesson.ts";
import { readWords } from "../../gateway/show/nodered/page.ts";
import type { Said } from "../../gateway/terms.ts";
import { focusPayload } from "../support/payload.ts";

const { en } = await readWords(path.join(packageRoot, "flows", "live"));
const topics = "classroom/v1/school/room-1";
const noon = Date.parse("2026-11-23T12:00:00Z");

const windowAt = (time: number, changes: object = {}) =>
  JSON.stringify(focusPayload(time, { window_s: 5, ...changes }));

const iso = (time: number) => new Date(time).toISOString();

interface History {
  readonly air: ReadonlyArray<{ quantity: string; value: number | null }>;
  readonly course: ReadonlyArray<{ time: number; focus: number | null }>;
  readonly events: ReadonlyArray<{ kind: string; text: string }>;
  readonly window: { focus: number | null } | null;
  readonly heard: number | null;
  readonly state: string | null;
  readonly why: Readonly<Record<string, readonly string[]>>;
}

function open(past: readonly Said[] = []) {
  let now = noon;
  const lesson = new Lesson({
    room: "room-1",
    played: null,
    topics,
    counts: protectOptions.parse({}).focusTargets,
    words: { en: en!.why as never },
    past: async () => past,
    now: () => now,
  });
  return {
    lesson,
    at: (time: number) => {
      now = time;
    },
    hear: (name: string, payload: string) => lesson.hear(`${topics}/${name}`, payload),
    history: () => lesson.history().payload as History,
  };
}

describe("the lesson the live page keeps", () => {
  it("tells a page that was opened late everything so far", () => {
    const { hear, history } = open();
    hear("focus", windowAt(noon, { focus: 0.5 }));
    hear("focus", windowAt(noon + 5000, { focus: null, low: null, high: null, quality: "paused" }));
    hear("event/mark", JSON.stringify({ time: new Date(noon).toISOString(), kind: "mark", text: "quiz" }));
    hear("gateway/state", "online");
    const { course, events, window, state, why } = history();
    expect(course.map(({ time, focus }) => [time, focus])).toEqual([
      [noon, 0.5],
      [noon + 5000, null],
    ]);
    expect(events).toEqual([{ time: noon, kind: "mark", text: "quiz" }]);
    expect([window?.focus, state, why]).toEqual([null, "online", { en: [] }]);
  });

  it("tells with each window, in words, where its number comes from", () => {
    const { hear, history } = open();
    const targets = { board: 0.5, desk: 0.25, screen: 0, peer: 0.25, away: 0 };
    const told = hear("focus", windowAt(noon, { focus: 0.75, activity: "lecture", targets }))!;
    const [first] = (told.payload as History).why.en!;
    expect(first).toBe(
      "In a lecture, heads turned to the board or the desk count: 50 % to the board, 25 % to the desk.",
    );
    expect(history().why).toEqual((told.payload as History).why);
  });

  it("counts a window that comes twice once, and puts a late one in its place", () => {
    const { hear, history } = open();
    for (const time of [noon, noon + 10_000, noon + 5000, noon + 10_000]) hear("focus", windowAt(time));
    expect(history().course.map(({ time }) => time - noon)).toEqual([0, 5000, 10_000]);
  });

  it("forgets what is older than two hours", () => {
    const { hear, history } = open();
    const twoHours = 2 * 60 * 60 * 1000;
    for (let time = noon; time <= noon + twoHours + 60_000; time += 5000) hear("focus", windowAt(time));
    expect(history().course).toHaveLength(twoHours / 5000);
    expect(history().course[0]!.time).toBe(noon + 65_000);
  });

  it("asks what was said before it listened, and holds none of it for new", async () => {
    const before: Said[] = [
      {
        topic: "event/mark",
        payload: JSON.stringify({ time: iso(noon - 60_000), kind: "mark", text: "quiz" }),
      },
      { topic: "focus", payload: windowAt(noon - 60_000, { focus: 0.2 }) },
      { topic: "focus", payload: windowAt(noon, { seats: [{ seat: 3 }], focus: 0.3 }) },
      { topic: "zone/back/focus", payload: windowAt(noon) },
      {
        topic: "sensor/air-1/co2",
        payload: JSON.stringify({ time: iso(noon), value: 812, unit: "[ppm]", quality: "ok" }),
      },
    ];
    const { hear, history, lesson, at } = open(before);
    at(noon + 20_000);
    const [first, second] = await Promise.all([lesson.recall(), lesson.recall()]);
    expect([first.topic, second.payload]).toEqual(["history", first.payload]);
    expect(history()).toMatchObject({
      course: [{ focus: 0.2 }, { focus: 0.3 }],
      events: [{ kind: "mark", text: "quiz" }],
      air: [{ value: 812 }],
      window: { focus: 0.3 },
      heard: noon,
    });
    expect(JSON.stringify(history())).not.toContain("seat");
    hear("focus", windowAt(noon + 10_000, { focus: 0.9 }));
    await lesson.recall();
    expect(history()).toMatchObject({ window: { focus: 0.9 }, heard: noon + 20_000 });
    expect(history().course).toHaveLength(3);
  });

  it("passes nothing on that is not in the contract", () => {
    const { hear, history } = open();
    const told = hear("focus", windowAt(noon, { seats: [{ seat: 3, target: "away" }], name: "Ada" }));
    expect(JSON.stringify([told, history()])).not.toMatch(/seat|Ada/);
  });

  it.each([
    ["no JSON", "focus", "{"],
    ["a focus above 1", "focus", windowAt(noon, { focus: 1.2 })],
    ["an unknown quality", "focus", windowAt(noon, { quality: "fine" })],
    ["an event without a time", "event/mark", '{"kind":"mark"}'],
    ["health that is a list", "gateway/health", "[]"],
    ["another topic", "zone/back/focus", windowAt(noon)],
  ])("tells the page nothing when it hears %s", (_, name, payload) => {
    const { hear, history } = open();
    expect(hear(name, payload)).toBeNull();
    expect(history()).toMatchObject({ course: [], events: [], window: null });
  });

  it("keeps what each sensor said last; null where there was no number", () => {
    const { hear, history, at } = open();
    const said = (time: number, value: number | null, unit = "[ppm]", quality = "ok") =>
      JSON.stringify({ time: new Date(time).toISOString(), value, unit, quality });
    at(noon + 20_000);
    hear("sensor/air-1/co2", said(noon, 812));
    hear("sensor/air-1/temperature", said(noon, 21.5, "Cel"));
    const message = hear("sensor/air-1/co2", said(noon + 5000, null, "[ppm]", "stale"));
    expect(message).toMatchObject({
      topic: "air",
      payload: { device: "air-1", quantity: "co2", time: noon + 5000, value: null, quality: "stale" },
    });
    hear("sensor/air-1/temperature", said(noon - 60_000, 17, "Cel"));
    const { air } = history();
    expect(air.map(({ quantity, value }) => [quantity, value])).toEqual([
      ["co2", null],
      ["temperature", 21.5],
    ]);
    for (const text of ["", "{}", "null", said(noon, 812).replace("ok", "fine")])
      expect(hear("sensor/air-1/co2", text)).toBeNull();
    for (let device = 0; device < 500; device++) hear(`sensor/d${device}/co2`, said(noon, 800));
    expect(history().air.length).toBeLessThanOrEqual(100);
  });

  it("keeps drops and marks, however often something happens that the page does not show", () => {
    const { hear, history } = open();
    const happened = (time: number, kind: string) =>
      hear(`event/${kind}`, JSON.stringify({ time: iso(time), kind }));
    happened(noon, "focus_drop");
    for (let i = 0; i < 300; i++) expect(happened(noon + i * 1000, "attention_shift")).toBeNull();
    expect(happened(noon, "paused")).toMatchObject({ topic: "event", payload: { kind: "paused" } });
    expect(history().events.map(({ kind }) => kind)).toEqual(["focus_drop"]);
  });

  it("turns taps into messages for the gateway", () => {
    const { lesson } = open();
    expect(lesson.ask("activity", "exam")).toEqual({
      topic: `${topics}/set/activity`,
      payload: '{"activity":"exam"}',
    });
    expect(lesson.ask("pause", true)).toEqual({ topic: `${topics}/set/pause`, payload: '{"paused":true}' });
    expect(lesson.ask("mark", " quiz ")).toEqual({ topic: `${topics}/set/mark`, payload: '{"text":"quiz"}' });
    expect(lesson.ask("mark", "")).toEqual({ topic: `${topics}/set/mark`, payload: '{"text":"mark"}' });
  });

  it.each([
    ["activity", "party"],
    ["pause", "yes"],
    ["mark", "x".repeat(81)],
    ["mark", { text: "x" }],
    ["../../other/room/set/pause", true],
  ])("makes nothing of a tap that no page has: %s %s", (topic, payload) => {
    expect(open().lesson.ask(topic, payload)).toBeNull();
  });
});
