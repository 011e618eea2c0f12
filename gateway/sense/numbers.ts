const DECIMAL = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i;

/**
 * What a device has written, as a number: null when it wrote nothing, NaN when it wrote something else. JavaScript would
 * make 0 of an empty text, of null and of false.
 */
export function numberOf(written: unknown): number | null {
  if (written === null || written === undefined) return null;
  if (typeof written === "number") return written;
  if (typeof written === "string" && DECIMAL.test(written)) return Number(written);
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
