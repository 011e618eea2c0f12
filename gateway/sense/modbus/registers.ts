import { z } from "zod";
import { quantityOption, unitOption } from "../mapping.ts";
import { kindOf } from "../quantities.ts";
import type { Measurement } from "../sensor.ts";

/** What a Modbus register, or two of them, hold. */
export const registerOption = z.strictObject({
  quantity: quantityOption(),
  address: z
    .int()
    .min(0)
    .max(65_535)
    .describe("As it goes over the wire, from 0: what manuals call 30001 or 40001 is 0."),
  table: z
    .enum(["input", "holding"])
    .default("input")
    .describe("Input registers (function 4; manuals: 3xxxx) or holding registers (function 3; 4xxxx)."),
  type: z
    .enum(["int16", "uint16", "int32", "uint32", "float32"])
    .default("int16")
    .describe("How the number is written; those of 32 bits take two registers."),
  words: z
    .enum(["high first", "low first"])
    .default("high first")
    .describe("Which of two registers comes first."),
  scale: z.number().default(1).describe("What the number is multiplied by: 0.1 where 215 means 21.5."),
  offset: z.number().default(0).describe("What is added after that."),
  unit: unitOption(),
});
export type Register = z.output<typeof registerOption>;

/** How many registers it takes. */
export const lengthOf = ({ type }: Register): 1 | 2 => (type.endsWith("32") ? 2 : 1);

/** The measurement in those registers, as 16-bit numbers in the order of their addresses. */
export function measurementIn(register: Register, words: readonly number[]): Measurement {
  const { quantity, type, scale, offset, unit = kindOf(quantity).unit } = register;
  const ordered = register.words === "low first" ? words.toReversed() : words;
  const bytes = Buffer.alloc(4);
  for (const [index, word] of ordered.entries()) bytes.writeUInt16BE(word, 2 * index);
  return { quantity, unit, value: numberIn(type, bytes) * scale + offset };
}

function numberIn(type: Register["type"], bytes: Buffer): number {
  switch (type) {
    case "int16":
      return bytes.readInt16BE();
    case "uint16":
      return bytes.readUInt16BE();
    case "int32":
      return bytes.readInt32BE();
    case "uint32":
      return bytes.readUInt32BE();
    case "float32":
      return bytes.readFloatBE();
  }
}
