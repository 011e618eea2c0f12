import { describe, expect, it, onTestFinished } from "vitest";
import { readPast } from "../../gateway/record/past.ts";
import { toPoint } from "../../gateway/record/points.ts";
import { openEmbedded } from "../../gateway/record/sinks/embedded.ts";
import { focusPayload } from "../support/payload.ts";
import { temporaryFolder } from "../support/places.ts";

const noon = Date.parse("2026-11-23T12:00:00Z");
const iso = (time: number) => new Date(time).toISOString();
const focus = (time: number, changes: object = {}) => focusPayload(time, { lesson: "Maths", ...changes });

/** What the store tells again of the room, after it was told `said`. */
async function retold(said: ReadonlyArray<readonly [topic: string, body: object]>, since = noon) {
  const store = await openEmbedded(await temporaryFolder());
  onTestFinished(() => store.close());
  const points = said.map(([topic, body]) => {
    const heard = toPoint(`classroom/v1/${topic}`, Buffer.from(JSON.stringify(body)));
    if (typeof heard === "string" || "refused" in heard) throw new Error(JSON.stringify([topic, heard]));
    return heard.point;
  });
  expect(await store.write(points)).toEqual([]);
  const past = await readPast(store.read, { site: "school's", room: "room-1", since });
  return past.map(({ topic, payload }) => [topic, JSON.parse(payload)]);
}

describe("what was said, told again", () => {
  it("is what was published, in order of time, and nothing of another room, a zone or an earlier day", async () => {
    const mine = "school's/room-1";
    const mark = { time: iso(noon + 5000), kind: "mark", text: "a 'quiz'", by: "page" };
    const air = { time: iso(noon + 2000), value: 812, unit: "[ppm]", quality: "ok" };
    expect(
      await retold([
        [`${mine}/focus`, focus(noon + 10_000)],
        [`${mine}/focus`, focus(noon, { focus: 0.4 })],
        [`${mine}/focus`, focus(noon - 1)],
        ["school's/room-2/focus", focus(noon)],
        [`${mine}/zone/back/focus`, focus(noon)],
        [`${mine}/event/mark`, mark],
        [`${mine}/sensor/air-1/co2`, { ...air, time: iso(noon + 1000), value: 700 }],
        [`${mine}/sensor/air-1/co2`, air],
        [`${mine}/gateway/health`, { time: iso(noon), version: "1" }],
      ]),
    ).toEqual([
      ["focus", focus(noon, { focus: 0.4 })],
      ["focus", focus(noon + 10_000)],
      ["event/mark", { ...mark, count: 1 }],
      ["sensor/air-1/co2", { ...air, device: "air-1", quantity: "co2" }],
    ]);
  });

  it("has nothing where nothing was known", async () => {
    const unknown = {
      focus: null,
      low: null,
      high: null,
      targets: null,
      shifts_per_min: null,
      synchrony: null,
    };
    const [[, window]] = (await retold([
      ["school's/room-1/focus", focus(noon, { ...unknown, quality: "suppressed" })],
    ])) as [[string, object]];
    for (const name of Object.keys(unknown)) expect(window).not.toHaveProperty(name);
    expect(window).toMatchObject({ quality: "suppressed" });
  });

  it("is bounded: the newest so many of each kind, so that none crowds out another", async () => {
    const events = Array.from({ length: 300 }, (_, i) => [
      "school's/room-1/event/mark",
      { time: iso(noon + i * 1000), kind: "mark", text: String(i) },
    ]) as Array<[string, object]>;
    const past = await retold([
      ["school's/room-1/event/focus_drop", { time: iso(noon), kind: "focus_drop" }],
      ...events,
    ]);
    expect(past).toHaveLength(101);
    expect(past[0]?.[0]).toBe("event/focus_drop");
    expect(past.at(-1)?.[1]).toMatchObject({ text: "299" });
  });
});
