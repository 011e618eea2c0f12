import fc from "fast-check";
import { expect, it } from "vitest";
import { backoffMs } from "../../gateway/eye/backoff.ts";

it("waits between a quarter of a second and half a minute, longer from attempt to attempt", () => {
  const attempt = fc.integer({ min: 0, max: 2000 });
  const chance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(attempt, chance, (number, random) => {
      const wait = backoffMs(number, {}, () => random);
      expect(wait).toBeGreaterThanOrEqual(250);
      expect(wait).toBeLessThanOrEqual(30_000);
      expect(backoffMs(number + 1, {}, () => random)).toBeGreaterThanOrEqual(wait);
    }),
  );
});
