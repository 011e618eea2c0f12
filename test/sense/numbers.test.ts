import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { numberOf } from "../../gateway/sense/numbers.ts";

describe("what a device has written, as a number", () => {
  it("is read with a decimal point or a comma", () => {
    for (const [written, value] of [
      ["812", 812],
      [" 21.5 ", 21.5],
      [".5", 0.5],
      ["-3", -3],
      ["1e3", 1_000],
      ["21,5", 21.5],
      ["+21,53", 21.53],
      ["-0,125", -0.125],
      ["21,5000", 21.5],
    ] as const)
      expect(numberOf(written), written).toBe(value);
  });

  it("is none where it could be two, or is something else", () => {
    for (const written of [
      "1,234",
      "1.234,5",
      "1,234,567",
      ",5",
      "21,",
      "",
      " ",
      "nan",
      "inf",
      "0x1f",
      "812 ppm",
      true,
    ])
      expect(numberOf(written), String(written)).toBeNaN();
    expect([numberOf(null), numberOf(undefined)]).toEqual([null, null]);
  });

  it("is what JavaScript makes of the same with a point, whatever is written", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[-+]?\d{0,4}[.,]?\d{0,5}$/), (written) => {
        const value = numberOf(written)!;
        if (!Number.isNaN(value)) expect(value).toBe(Number(written.replace(",", ".")));
      }),
    );
  });
});
