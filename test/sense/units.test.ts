import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KINDS, QUANTITIES } from "../../gateway/sense/quantities.ts";
import { convert, isUnit, UNIT_CODES } from "../../gateway/sense/units.ts";

const code = fc.constantFrom(...UNIT_CODES);
const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("units", () => {
  it("converts what is known from tables", () => {
    expect(convert(0.0812, "%", "[ppm]")).toBeCloseTo(812, 6);
    expect(convert(72.5, "°F", "Cel")).toBeCloseTo(22.5, 9);
    expect(convert(294.15, "K", "Cel")).toBeCloseTo(21, 9);
    expect(convert(21_500, "mCel", "Cel")).toBeCloseTo(21.5, 9);
    expect(convert(101.325, "kPa", "hPa")).toBeCloseTo(1013.25, 9);
    expect(convert(760, "mmHg", "hPa")).toBeCloseTo(1013.25, 1);
    expect(convert(0.012, "mg/m³", "ug/m3")).toBeCloseTo(12, 9);
    expect(convert(3_000, "mV", "V")).toBe(3);
  });

  it("there and back again is where one was, or nowhere both ways", () => {
    fc.assert(
      fc.property(code, code, number, (from, to, value) => {
        const there = convert(value, from, to);
        const back = convert(Number.isNaN(there) ? value : there, to, from);
        if (Number.isNaN(there)) expect(back).toBeNaN();
        else expect(Math.abs(back - value)).toBeLessThanOrEqual(1e-6 * (1 + Math.abs(value)));
      }),
    );
  });

  it("keeps the order of values", () => {
    fc.assert(
      fc.property(code, code, number, number, (from, to, a, b) => {
        const [x, y] = [convert(a, from, to), convert(b, from, to)];
        if (!Number.isNaN(x) && a < b) expect(x).toBeLessThanOrEqual(y);
      }),
    );
  });

  it("makes no number of what does not fit: another kind of unit, an unknown one, or none", () => {
    expect(convert(21, "Cel", "[ppm]")).toBeNaN();
    expect(convert(55, "dB", "dB[SPL]")).toBeNaN();
    expect(convert(1, "furlong", "[ppm]")).toBeNaN();
    expect(convert(1, "constructor", "[ppm]")).toBeNaN();
    fc.assert(
      fc.property(fc.string(), number, (unit, value) => {
        fc.pre(!isUnit(unit));
        expect(convert(value, unit, "Cel")).toBeNaN();
      }),
    );
  });

  it("knows the unit of every quantity, and a plausible range in it", () => {
    for (const quantity of QUANTITIES) {
      const { unit, plausible } = KINDS[quantity];
      expect(UNIT_CODES).toContain(unit);
      expect(plausible[0]).toBeLessThan(plausible[1]);
    }
  });
});
