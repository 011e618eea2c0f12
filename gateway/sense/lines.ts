import { StringDecoder } from "node:string_decoder";
import { z } from "zod";
import { type Field, mapFields, quantityOption, unitOption } from "./mapping.ts";
import { meaningOf } from "./names.ts";
import { isObject, numberOf, parsed } from "./numbers.ts";
import { kindOf } from "./quantities.ts";
import type { Measurement } from "./sensor.ts";

/** Longer than this without an end is no line: the wrong baud rate, say. */
const LONGEST = 4_096;

export const patternOption = z.strictObject({
  quantity: quantityOption(),
  pattern: z
    .string()
    .refine(isPattern, "no regular expression with a group, such as `CO2: (\\d+)`")
    .describe("Regular expression whose first group is the number: `CO2: *(\\d+)`."),
  unit: unitOption(),
});
export type Pattern = z.output<typeof patternOption>;

function isPattern(pattern: string): boolean {
  try {
    // With nothing as an alternative it always matches, and says how many groups there are.
    return new RegExp(`${pattern}|`).exec("")!.length > 1;
  } catch {
    return false;
  }
}

export type ReadLine = (line: string) => Promise<Measurement[]>;

/** Lines of text, such as `T=21.5 CO2: 812 ppm`. */
export function readText(patterns: readonly Pattern[]): ReadLine {
  const compiled = patterns.map((one) => ({ ...one, expression: new RegExp(one.pattern) }));
  return async (line) =>
    compiled.flatMap(({ quantity, expression, unit = kindOf(quantity).unit }): Measurement[] => {
      const value = numberOf(expression.exec(line)?.[1]);
      return value === null ? [] : [{ quantity, unit, value }];
    });
}

/** Lines of JSON: the fields, or without any every key whose meaning is known. */
export function readJson(fields: readonly Field[]): ReadLine {
  const map = mapFields(fields);
  return async (line) => {
    const said = parsed(line);
    if (fields.length > 0) return said === undefined ? [] : map(said);
    return isObject(said) ? byNames(said) : [];
  };
}

const byNames = (said: Readonly<Record<string, unknown>>) =>
  Object.entries(said).flatMap(([key, written]): Measurement[] => {
    const meaning = meaningOf(key);
    const value = numberOf(written);
    return meaning && value !== null ? [{ ...meaning, value }] : [];
  });

/** Cuts what comes in, UTF-8, into lines. The first is dropped, for it may have been joined in the middle. */
export function cutLines(take: (line: string) => void): (bytes: Buffer) => void {
  const decoder = new StringDecoder("utf8");
  let rest: string | null = null;
  return (bytes) => {
    const pieces = ((rest ?? "") + decoder.write(bytes)).split(/\r\n|\n|\r/);
    const last = pieces.pop()!;
    const lines = rest === null ? pieces.slice(1) : pieces;
    // One character more than a line may have, so that what was cut off here is not taken for one.
    rest = pieces.length > 0 || rest !== null ? last.slice(-LONGEST - 1) : null;
    for (const line of lines) if (line.trim() !== "" && line.length <= LONGEST) take(line);
  };
}
