import { describe, expect, it } from "vitest";
import { joinSurroundings } from "../../gateway/attend/environment.ts";
import type { Clock, Reading } from "../../gateway/terms.ts";

const START = Date.UTC(2026, 10, 23, 9);

function open() {
  let now = START;
  const clock: Clock = { now: () => now, elapsed: () => now, sleep: async () => {} };
  const surroundings = joinSurroundings(clock);
  return {
    take: (value: number, more: Partial<Reading> = {}) =>
      surroundings.take({
        device: "a",
        quantity: "co2",
        time: now,
        unit: "[ppm]",
        quality: "ok",
        value,
        ...more,
      }),
    after: (minutes: number) => {
      now += minutes * 60_000;
    },
    now: () => surroundings.now(),
  };
}

describe("the air at each look", () => {
  it("is masked where nothing is known", () => {
    expect(open().now()).toEqual({});
  });

  it("is what was told last, in the units the network takes", () => {
    const { take, now } = open();
    take(900);
    take(950);
    take(62, { quantity: "noise", unit: "dB[SPL]" });
    take(-30, { quantity: "sound_level", unit: "dB" });
    take(-30, { quantity: "noise", unit: "dB" });
    take(450, { quantity: "light", unit: "lx" });
    take(21.5, { quantity: "temperature", unit: "Cel" });
    take(40, { quantity: "humidity", unit: "%" });
    expect(now()).toEqual({ co2: 950, noise: 62, light: 450, temperature: 21.5 });
  });

  it("is the middle of several meters, so that a wrong one does not count", () => {
    const { take, now } = open();
    for (const [device, value] of [
      ["a", 900],
      ["b", 5_000],
      ["c", 940],
    ] as const)
      take(value, { device });
    expect(now()).toEqual({ co2: 940 });
  });

  it("is masked again when it is too old, stale or cannot be relied on; a jump leaves what was before", () => {
    const { take, after, now } = open();
    take(900);
    take(5_000, { quality: "jump" });
    expect(now()).toEqual({ co2: 900 });
    after(11);
    expect(now()).toEqual({});
    take(910);
    take(Number.NaN, { quality: "stale" });
    expect(now()).toEqual({});
    take(920, { quality: "low_battery" });
    expect(now()).toEqual({ co2: 920 });
    take(0, { quality: "implausible" });
    expect(now()).toEqual({});
  });

  it("takes no reading from the future", () => {
    const { take, now } = open();
    take(900, { time: START + 3_600_000 });
    expect(now()).toEqual({});
  });
});
