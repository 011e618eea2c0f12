import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge } from "../../gateway/sense/judge.ts";
import { KINDS, QUANTITIES } from "../../gateway/sense/quantities.ts";
import type { Measurement } from "../../gateway/sense/sensor.ts";
import { UNIT_CODES } from "../../gateway/sense/units.ts";

const START = Date.UTC(2026, 10, 23, 9);
const MINUTE = 60_000;
const co2 = (value: number, more: Partial<Measurement> = {}): Measurement => ({
  quantity: "co2",
  unit: "[ppm]",
  value,
  ...more,
});

/** Qualities of CO₂ readings a minute apart. */
function qualities(...values: number[]) {
  const { weigh } = judge("air-1", 600);
  return values.map((value, minute) => weigh(co2(value), START + minute * MINUTE).quality);
}

describe("what a measurement is worth", () => {
  it("puts everything into one unit a quantity", () => {
    const { weigh } = judge("air-1", 600);
    expect(weigh(co2(0.0812, { unit: "%" }), START)).toEqual({
      device: "air-1",
      quantity: "co2",
      time: START,
      value: expect.closeTo(812, 6),
      unit: "[ppm]",
      quality: "ok",
    });
  });

  it("is never a number that was not measured: NaN stays NaN, and is implausible", () => {
    const { weigh } = judge("air-1", 600);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const reading = weigh(co2(value), START);
      expect(reading.value).toBeNaN();
      expect(reading.quality).toBe("implausible");
    }
    expect(weigh(co2(812, { unit: "Cel" }), START)).toMatchObject({
      value: Number.NaN,
      quality: "implausible",
    });
  });

  it("keeps an implausible value as it was said, so that people can see it", () => {
    expect(judge("air-1", 600).weigh(co2(0), START)).toMatchObject({ value: 0, quality: "implausible" });
  });

  it("doubts a spike, and believes a level that lasts", () => {
    expect(qualities(800, 5_000, 820)).toEqual(["ok", "jump", "ok"]);
    expect(qualities(800, 5_000, 5_050, 5_100)).toEqual(["ok", "jump", "ok", "ok"]);
    expect(qualities(800, 5_000, 9_000, 810)).toEqual(["ok", "jump", "jump", "ok"]);
  });

  it("lets a value go far when it had the time", () => {
    const { weigh } = judge("air-1", 3600);
    weigh(co2(600), START);
    expect(weigh(co2(4_000), START + 20 * MINUTE).quality).toBe("ok");
  });

  it("calls a value stuck that never moves, and no other", () => {
    const { weigh } = judge("air-1", 600);
    const minutes = Array.from({ length: 260 }, (_, minute) => minute);
    const same = minutes.map((minute) => weigh(co2(812), START + minute * MINUTE).quality);
    expect(same.slice(0, 240).every((quality) => quality === "ok")).toBe(true);
    expect(same.slice(240).every((quality) => quality === "stuck")).toBe(true);
    expect(weigh(co2(813), START + 260 * MINUTE).quality).toBe("ok");
    const other = judge("air-1", 600);
    expect(
      minutes.every(
        (minute) => other.weigh(co2(812 + (minute % 2)), START + minute * MINUTE).quality === "ok",
      ),
    ).toBe(true);
  });

  it("says once that a quantity has grown stale, without a value, and takes it up again", () => {
    const { weigh, overdue } = judge("air-1", 600);
    weigh(co2(812), START);
    expect(overdue(START + 10 * MINUTE)).toEqual([]);
    expect(overdue(START + 11 * MINUTE)).toEqual([
      {
        device: "air-1",
        quantity: "co2",
        time: START + 11 * MINUTE,
        value: Number.NaN,
        unit: "[ppm]",
        quality: "stale",
      },
    ]);
    expect(overdue(START + 30 * MINUTE)).toEqual([]);
    expect(weigh(co2(4_812), START + 31 * MINUTE).quality).toBe("ok");
    expect(overdue(START + 42 * MINUTE)).toHaveLength(1);
  });

  it("gives what was measured long ago its own time, and does not take it for fresh", () => {
    const { weigh, overdue } = judge("air-1", 600);
    const old = weigh(co2(700, { time: START - 60 * MINUTE }), START);
    expect(old).toMatchObject({ time: START - 60 * MINUTE, value: 700, quality: "stale" });
    expect(overdue(START + 60 * MINUTE)).toEqual([]);
  });

  it("does not believe that anything was measured in the future, or it would stay fresh until then", () => {
    const { weigh, overdue } = judge("air-1", 600);
    const ahead = weigh(co2(700, { time: START + 600 * MINUTE }), START);
    expect(ahead).toMatchObject({ time: START, quality: "ok" });
    expect(overdue(START + 11 * MINUTE)).toHaveLength(1);
  });

  it("knows a low battery by its share, and by the device's own word", () => {
    const { weigh } = judge("air-1", 600);
    expect(weigh({ quantity: "battery", unit: "%", value: 8 }, START).quality).toBe("low_battery");
    expect(weigh(co2(800), START).quality).toBe("low_battery");
    expect(weigh({ quantity: "battery", unit: "%", value: 90 }, START).quality).toBe("ok");
    expect(weigh(co2(801), START, true).quality).toBe("low_battery");
  });

  it("a battery that is seldom told of does not grow stale", () => {
    const { weigh, overdue } = judge("air-1", 600);
    weigh({ quantity: "battery", unit: "%", value: 90 }, START);
    expect(overdue(START + 600 * MINUTE)).toEqual([]);
  });

  it("never says ok of a value that is no number or out of range, whatever comes in whatever order", () => {
    const measurement = fc.record({
      quantity: fc.constantFrom(...QUANTITIES),
      unit: fc.oneof(fc.constantFrom(...UNIT_CODES), fc.string()),
      value: fc.oneof(fc.double(), fc.integer({ min: -10, max: 3_000 })),
      after: fc.integer({ min: 0, max: 90 * MINUTE }),
    });
    fc.assert(
      fc.property(fc.array(measurement, { maxLength: 40 }), (measurements) => {
        const { weigh } = judge("air-1", 600);
        let now = START;
        for (const { after, ...one } of measurements) {
          now += after;
          const { value, unit, quality } = weigh(one, now);
          const kind = KINDS[one.quantity];
          expect(unit).toBe(kind.unit);
          const fits = value >= kind.plausible[0] && value <= kind.plausible[1];
          expect(quality === "implausible").toBe(!fits);
          if (!Number.isFinite(one.value)) expect(value).toBeNaN();
        }
      }),
    );
  });
});
