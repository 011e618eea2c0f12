import { describe, expect, it } from "vitest";
import { judge } from "../../gateway/sense/judge.ts";
import type { Quantity } from "../../gateway/sense/quantities.ts";
import type { ReadingQuality } from "../../gateway/terms.ts";

/**
 * A classroom that nobody enters from Friday at 16:00 until Monday at 8:00, as meters of different kinds tell of it. What
 * stands still here is a room, or a meter at its end, and no alarm; what hangs has to be found all the same.
 */
const FRIDAY = Date.UTC(2026, 10, 20, 15);
const HOURS = 64;
const MINUTE = 60_000;

/** From −1 to 1 by the hour of the day, warmest in the afternoon. */
const day = (hours: number) => Math.cos(((hours + 1) / 24) * 2 * Math.PI);

/** The same noise every time, from −1 to 1. */
function noise(): () => number {
  let state = 11;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Air that seeps out 0.3 times an hour; walls that keep their warmth for a day and a half. */
const co2 = (hours: number) => 418 + 6 * day(hours) + 1_300 * Math.exp(-0.3 * hours);
const temperature = (hours: number) => 17 + 4 * Math.exp(-hours / 36) + 0.2 * day(hours);
const humidity = (hours: number) => 41 - 3 * Math.exp(-hours / 30) + 0.3 * day(hours);
/** dB(A): the night in a school without ventilation, and a street that wakes. */
const loudness = (hours: number) => 27 + 2.5 * day(hours);

/** What the readings of all those hours are worth, each with how often. */
function worth(
  quantity: Quantity,
  unit: string,
  meter: (hours: number) => number,
  { everyMinutes = 1, staleAfterSeconds = 600, hours = HOURS } = {},
): Partial<Record<ReadingQuality, number>> {
  const { weigh, overdue } = judge("meter", staleAfterSeconds);
  const counted: Partial<Record<ReadingQuality, number>> = {};
  const count = (quality: ReadingQuality) => {
    counted[quality] = (counted[quality] ?? 0) + 1;
  };
  for (let minute = 0; minute < hours * 60; minute++) {
    const now = FRIDAY + minute * MINUTE;
    for (const { quality } of overdue(now)) count(quality);
    if (minute % everyMinutes > 0) continue;
    count(weigh({ quantity, unit, value: meter(minute / 60) }, now).quality);
  }
  return counted;
}

const only = (quality: ReadingQuality, times: number) => ({ [quality]: times });
const EVERY_MINUTE = HOURS * 60;

describe("a classroom over a weekend is no alarm", () => {
  it("by a CO₂ meter that says what it measures", () => {
    const spread = noise();
    expect(worth("co2", "[ppm]", (hours) => Math.round(co2(hours) + 3 * spread()))).toEqual(
      only("ok", EVERY_MINUTE),
    );
  });

  it("by a CO₂ meter that never says less than 400, and has gone down to it (MH-Z19 and many firmwares)", () => {
    expect(worth("co2", "[ppm]", (hours) => Math.max(400, Math.round(co2(hours) - 40)))).toEqual(
      only("ok", EVERY_MINUTE),
    );
  });

  it("by a thermometer and a hygrometer in whole numbers (DHT11), also where they say °F", () => {
    expect(worth("temperature", "Cel", (hours) => Math.round(temperature(hours)))).toEqual(
      only("ok", EVERY_MINUTE),
    );
    expect(worth("temperature", "[degF]", (hours) => Math.round(temperature(hours)) * 1.8 + 32)).toEqual(
      only("ok", EVERY_MINUTE),
    );
    expect(worth("humidity", "%", (hours) => Math.round(humidity(hours)))).toEqual(only("ok", EVERY_MINUTE));
  });

  it("by a sound level meter whose scale begins at 30 dB", () => {
    const meter = (hours: number) => Math.max(30, Math.round(10 * loudness(hours)) / 10);
    expect(worth("noise", "dB[SPL]", meter)).toEqual(only("ok", EVERY_MINUTE));
  });

  it("by a Zigbee thermometer on a battery, which speaks once an hour", () => {
    const meter = (hours: number) => Number(temperature(hours).toFixed(2));
    const said = worth("temperature", "Cel", meter, { everyMinutes: 60, staleAfterSeconds: 7_500 });
    expect(said).toEqual(only("ok", HOURS));
  });
});

describe("a meter that hangs is found", () => {
  it("after four hours at a level that air does not keep", () => {
    const { ok, stuck } = worth("co2", "[ppm]", (hours) => (hours < 1 ? Math.round(co2(hours)) : 1_321));
    expect(ok! / 60).toBeCloseTo(5, 0);
    expect(ok! + stuck!).toBe(EVERY_MINUTE);
  });

  it("after a day at a temperature in tenths, after ten minutes at one loudness", () => {
    expect(worth("temperature", "Cel", () => 21.3)).toEqual({ ok: 24 * 60, stuck: EVERY_MINUTE - 24 * 60 });
    expect(worth("noise", "dB[SPL]", () => 61.3)).toEqual({ ok: 10, stuck: EVERY_MINUTE - 10 });
  });

  it("after four days also where it may rest", () => {
    for (const [quantity, unit, value] of [
      ["co2", "[ppm]", 400],
      ["temperature", "Cel", 21],
      ["noise", "dB[SPL]", 30],
    ] as const)
      expect(worth(quantity, unit, () => value, { hours: 97 })).toEqual({ ok: 96 * 60, stuck: 60 });
  });
});
