import jsonata from "jsonata";
import { z } from "zod";
import { reason } from "../errors.ts";
import { isObject, numberOf } from "./numbers.ts";
import { kindOf, QUANTITIES } from "./quantities.ts";
import type { Measurement } from "./sensor.ts";
import { isUnit } from "./units.ts";

const NO_UNIT = "no unit that is known here; docs/sensors.md lists them";

/** Where in a device's JSON each quantity stands: for whatever no adapter knows. */
export const quantityOption = () =>
  z.enum(QUANTITIES).describe("What is measured; docs/sensors.md lists them.");
export const unitOption = () =>
  z
    .string()
    .refine(isUnit, NO_UNIT)
    .optional()
    .describe("The unit it is in (UCUM); the quantity's own if left out.");

export const unitsOption = () =>
  z
    .partialRecord(z.enum(QUANTITIES), z.string().refine(isUnit, NO_UNIT))
    .optional()
    .describe(
      'Units in which the device says things, where they are not the usual ones: `{ temperature: "°F", voc: ppb }`.',
    );

export const fieldOption = z.strictObject({
  quantity: quantityOption(),
  at: z
    .string()
    .superRefine((at, context) => {
      const problem = at === "" || at.startsWith("/") ? null : problemOf(at);
      if (problem) context.addIssue({ code: "custom", message: `no JSONata expression: ${problem}` });
    })
    .default("")
    .describe(
      "Where it stands: a JSON pointer (`/air/co2`), a JSONata expression (`sensors[id=7].value`), or nothing for the whole message.",
    ),
  unit: unitOption(),
});
export type Field = z.output<typeof fieldOption>;

function problemOf(expression: string): string | null {
  try {
    jsonata(expression);
    return null;
  } catch (error) {
    return reason(error) || String((error as { message?: unknown }).message);
  }
}

/** What the fields find in a JSON value. A field that finds nothing gives no measurement. */
export function mapFields(fields: readonly Field[]): (json: unknown) => Promise<Measurement[]> {
  const finders = fields.map(({ quantity, at, unit = kindOf(quantity).unit }) => ({
    quantity,
    unit,
    find: at === "" || at.startsWith("/") ? (json: unknown) => pointed(json, at) : asked(at),
  }));
  return async (json) => {
    const found = await Promise.all(
      finders.map(async ({ quantity, unit, find }): Promise<Measurement[]> => {
        const value = numberOf(await find(json));
        return value === null ? [] : [{ quantity, unit, value }];
      }),
    );
    return found.flat();
  };
}

/** JSONata throws where a message is of another shape than it expects: then there is nothing there. */
function asked(at: string): (json: unknown) => Promise<unknown> {
  const expression = jsonata(at);
  return (json) => expression.evaluate(json).catch(() => undefined);
}

/** RFC 6901. */
export function pointed(json: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, key) => {
      if (Array.isArray(value)) return /^(0|[1-9]\d*)$/.test(key) ? value[Number(key)] : undefined;
      return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
    }, json);
}
