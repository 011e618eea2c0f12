import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Budget, createBudget } from "../../gateway/eye/budget.ts";

const CORES = 2;

/** Lets cameras give `offered` frames a second, each of which costs so much, for that long; 2 s a reckoning. */
function play(budget: Budget, offered: number, secondsEach: number, reckonings: number) {
  const rates: number[] = [];
  for (let i = 0; i < reckonings; i++) {
    const rate = Math.min(offered, budget.limit ?? Number.POSITIVE_INFINITY, CORES / secondsEach);
    rates.push(rate);
    budget.reckon({ seconds: 2, cpuSeconds: rate * 2 * secondsEach, frames: rate * 2 });
  }
  return rates;
}

describe("the eye's share of the processors", () => {
  it("lets cameras give what they like while there is enough", () => {
    const budget = createBudget(0.5, CORES);
    play(budget, 4, 0.2, 20);
    expect(budget.limit).toBeNull();
    expect(budget.share).toBeCloseTo(0.4);
  });

  it("looks less often when it costs more than its share, not at the first such moment", () => {
    const budget = createBudget(0.5, CORES);
    expect(budget.reckon({ seconds: 2, cpuSeconds: 3, frames: 20 })).toBe(false);
    expect(budget.reckon({ seconds: 2, cpuSeconds: 3, frames: 20 })).toBe(true);
    expect(budget.limit).toBeCloseTo((10 * 0.45) / 0.75);
  });

  it("settles within its share and does not swing", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.05, max: 1, noNaN: true }),
        fc.double({ min: 0.5, max: 30, noNaN: true }),
        fc.double({ min: 0.005, max: 2, noNaN: true }),
        (share, offered, cost) => {
          const budget = createBudget(share, CORES);
          play(budget, offered, cost, 60);
          const late = play(budget, offered, cost, 40);
          const [slowest, fastest] = [Math.min(...late), Math.max(...late)];
          expect(fastest - slowest).toBeLessThan(1e-9 + 0.001 * fastest);
          if (fastest > 0.2001) expect((fastest * cost) / CORES).toBeLessThanOrEqual(share * 1.001);
          // And does not idle either: cameras get what they offer, or most of the share is used.
          if (fastest < offered * 0.999 && fastest < CORES / cost - 1e-6)
            expect((fastest * cost) / CORES).toBeGreaterThanOrEqual(Math.min(share * 0.79, 0.2 * cost));
        },
      ),
    );
  });

  it("looks more often again when there is more room, and without a limit when cameras give less than it", () => {
    const budget = createBudget(0.5, CORES);
    play(budget, 20, 0.2, 10);
    const tight = budget.limit!;
    play(budget, 20, 0.08, 30);
    expect(budget.limit!).toBeGreaterThan(tight * 2);
    play(budget, 1, 0.08, 10);
    expect(budget.limit).toBeNull();
  });

  it("always leaves some looks", () => {
    const budget = createBudget(0.05, CORES);
    play(budget, 10, 30, 10);
    expect(budget.limit).toBeCloseTo(0.2);
  });
});
