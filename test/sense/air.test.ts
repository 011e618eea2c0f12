import { describe, expect, it } from "vitest";
import { airOptions, watchAir } from "../../gateway/sense/air.ts";
import type { Reading } from "../../gateway/terms.ts";

const START = Date.UTC(2026, 10, 23, 9);

/** CO₂ every half minute; what events came of it, with the half minute. */
function events(values: readonly number[], quality: Reading["quality"] = "ok") {
  const watch = watchAir(airOptions.parse({}));
  return values.flatMap((value, at) => {
    const time = START + at * 30_000;
    const event = watch({ device: "air-1", quantity: "co2", unit: "[ppm]", time, value, quality });
    return event ? [{ at, kind: event.kind, value: event.value }] : [];
  });
}

describe("the watch over the air", () => {
  it("calls it stale when it stays so, and fresh when it stays so", () => {
    const values = [900, 1_600, 1_610, 1_620, 1_630, 1_640, 1_650, 1_400, 990, 900, 850, 820, 810];
    expect(events(values)).toEqual([
      { at: 5, kind: "air_stale", value: 1_640 },
      { at: 12, kind: "air_fresh", value: 810 },
    ]);
  });

  it("makes nothing of a breath on the meter, or of going to and fro around one limit", () => {
    expect(events([900, 3_000, 3_000, 900, 900, 3_000, 900])).toEqual([]);
    const swinging = Array.from({ length: 40 }, (_, at) => (at % 10 < 6 ? 1_520 : 1_480));
    expect(events(swinging).map(({ kind }) => kind)).toEqual(["air_stale"]);
  });

  it("listens to no reading that cannot be relied on", () => {
    expect(events(Array(20).fill(5_000), "stuck")).toEqual([]);
    expect(events(Array(20).fill(Number.NaN), "stale")).toEqual([]);
    expect(events(Array(20).fill(2_000), "low_battery")).toHaveLength(1);
  });

  it("takes two moments with a silence in between for no stay", () => {
    const watch = watchAir(airOptions.parse({}));
    const one = (hours: number, value: number, quality: Reading["quality"] = "ok") =>
      watch({
        ...{ device: "a", quantity: "co2", unit: "[ppm]", value, quality },
        time: START + hours * 3_600_000,
      })?.kind;
    expect([one(0, 1_600), one(0.25, Number.NaN, "stale"), one(16, 1_600), one(16.1, 1_600)]).toEqual([
      undefined,
      undefined,
      undefined,
      "air_stale",
    ]);
  });

  it("follows each meter for itself", () => {
    const watch = watchAir(airOptions.parse({ forSeconds: 0 }));
    const one = (device: string, value: number) =>
      watch({ device, quantity: "co2", unit: "[ppm]", time: START, value, quality: "ok" })?.kind;
    expect([one("a", 2_000), one("b", 800), one("a", 900), one("b", 2_000)]).toEqual([
      "air_stale",
      undefined,
      "air_fresh",
      "air_stale",
    ]);
  });

  it("needs room between its limits", () => {
    expect(airOptions.safeParse({ staleAbovePpm: 900, freshBelowPpm: 1_000 }).success).toBe(false);
  });
});
