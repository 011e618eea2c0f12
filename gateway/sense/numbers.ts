const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

/**
 * A number with a decimal comma, as devices set to most of Europe's languages write it. `1,234` is none: it is a thousand
 * and more to others. No thousand begins with a zero, and none is cut into anything but threes.
 */
const COMMA = /^\s*[-+]?(0,\d+|\d+,(\d{1,2}|\d{4,}))\s*$/;

/**
 * What a device has written, as a number: null when it wrote nothing, NaN when it wrote something else. JavaScript would
 * make 0 of an empty text, of null and of false.
 */
export function numberOf(written: unknown): number | null {
  if (written === null || written === undefined) return null;
  if (typeof written === "number") return written;
  if (typeof written === "string" && DECIMAL.test(written)) return Number(written);
  if (typeof written === "string" && COMMA.test(written)) return Number(written.replace(",", "."));
  return Number.NaN;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** JSON, or undefined where it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
