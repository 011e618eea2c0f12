/**
 * Units by UCUM code, and how to get from one to another of the same kind: `value × factor + offset` is the kind's base.
 * Levels (dB) have no factor between them: a level relative to full scale is no sound pressure.
 */
interface Unit {
  readonly kind: string;
  readonly factor: number;
  readonly offset?: number;
}

const UNITS: Readonly<Record<string, Unit>> = {
  "1": { kind: "share", factor: 1 },
  "%": { kind: "share", factor: 0.01 },
  "[ppth]": { kind: "share", factor: 1e-3 },
  "[ppm]": { kind: "share", factor: 1e-6 },
  "[ppb]": { kind: "share", factor: 1e-9 },
  K: { kind: "temperature", factor: 1 },
  Cel: { kind: "temperature", factor: 1, offset: 273.15 },
  mCel: { kind: "temperature", factor: 1e-3, offset: 273.15 },
  "[degF]": { kind: "temperature", factor: 5 / 9, offset: 273.15 - (32 * 5) / 9 },
  Pa: { kind: "pressure", factor: 1 },
  hPa: { kind: "pressure", factor: 100 },
  kPa: { kind: "pressure", factor: 1_000 },
  mbar: { kind: "pressure", factor: 100 },
  bar: { kind: "pressure", factor: 100_000 },
  "mm[Hg]": { kind: "pressure", factor: 133.322 },
  "[in_i'Hg]": { kind: "pressure", factor: 3_386.38 },
  lx: { kind: "light", factor: 1 },
  klx: { kind: "light", factor: 1_000 },
  dB: { kind: "level", factor: 1 },
  "dB[SPL]": { kind: "sound pressure level", factor: 1 },
  "ug/m3": { kind: "concentration", factor: 1 },
  "mg/m3": { kind: "concentration", factor: 1_000 },
  V: { kind: "voltage", factor: 1 },
  mV: { kind: "voltage", factor: 1e-3 },
};

/** What devices and people write instead of UCUM. */
const OTHERWISE: Readonly<Record<string, string>> = {
  ppm: "[ppm]",
  ppb: "[ppb]",
  "‰": "[ppth]",
  "%RH": "%",
  "": "1",
  "°C": "Cel",
  "℃": "Cel",
  C: "Cel",
  "°F": "[degF]",
  "℉": "[degF]",
  F: "[degF]",
  lux: "lx",
  mmHg: "mm[Hg]",
  inHg: "[in_i'Hg]",
  dBA: "dB[SPL]",
  "dB(A)": "dB[SPL]",
  "µg/m³": "ug/m3", // U+00B5, the micro sign
  "μg/m³": "ug/m3", // U+03BC, the Greek letter
  "ug/m³": "ug/m3",
  "mg/m³": "mg/m3",
};

export const UNIT_CODES = Object.keys(UNITS);

const unitOf = (code: string): Unit | undefined =>
  Object.hasOwn(UNITS, code)
    ? UNITS[code]
    : Object.hasOwn(OTHERWISE, code)
      ? UNITS[OTHERWISE[code]!]
      : undefined;

/** True for a unit that is known, by its UCUM code or as devices write it. */
export const isUnit = (code: string): boolean => unitOf(code) !== undefined;

/** True for a share of a whole, such as ppm. */
export const isShare = (code: string): boolean => unitOf(code)?.kind === "share";

/** True when both are known, and the same. */
export const isSameUnit = (a: string, b: string): boolean => isUnit(a) && unitOf(a) === unitOf(b);

/** The value in another unit; NaN when one of them is unknown, or they are of different kinds. */
export function convert(value: number, from: string, to: string): number {
  const [a, b] = [unitOf(from), unitOf(to)];
  if (!a || !b || a.kind !== b.kind) return Number.NaN;
  if (a === b) return value;
  return (value * a.factor + (a.offset ?? 0) - (b.offset ?? 0)) / b.factor;
}
