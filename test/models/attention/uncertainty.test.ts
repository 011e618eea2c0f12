import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recorded } from "../../../models/attention/goals.ts";
import { mean } from "../../../models/attention/score.ts";
import { standardErrors } from "../../../models/attention/uncertainty.ts";

const figures = (value: number): Recorded => ({
  accuracy: value,
  macroF1: 2 * value,
  shift: { f1: value },
  focusError: value,
  focusCorrelation: value,
  calibrationError: 0.5,
});

describe("the standard error of a figure over rooms", () => {
  it("is that of a mean, for a figure that is one", async () => {
    const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 2, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(values, async (list) => {
        const rooms = list.map((value) => ({ value }));
        const measure = async (some: readonly { value: number }[]) =>
          figures(mean(some.map(({ value }) => value)));
        const { accuracy, macroF1, calibrationError } = await standardErrors(rooms, measure);
        // The deviation of a sample, over the root of its size.
        const spread = list.reduce((sum, value) => sum + (value - mean(list)) ** 2, 0);
        const expected = Math.sqrt(spread / (list.length - 1) / list.length);
        expect(accuracy).toBeCloseTo(expected, 8);
        expect(macroF1).toBeCloseTo(2 * expected, 8);
        expect(calibrationError).toBe(0);
      }),
    );
  });
});
