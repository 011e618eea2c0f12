import type { Clock } from "../../terms.ts";
import { converse } from "../conversation.ts";
import { answerIn, crc16 } from "../meters.ts";
import type { Client, SerialWire } from "./client.ts";
import { lengthOf, type Register } from "./registers.ts";

/**
 * Modbus over serial line (1.02), as far as reading goes. Not by modbus-serial (8.0.25), whose serial port takes an answer
 * that came too late for the next one's, so that temperature is what was asked of CO₂, and gives up where a line hears
 * itself, or has noise in front of an answer.
 */
export async function connectRtu(wire: SerialWire, answerMs: number, clock: Clock): Promise<Client> {
  const talk = await converse({ ...wire, answerMs }, clock);
  return {
    get alive() {
      return talk.alive;
    },
    async read(unitId, register) {
      const { question, find } = readingOf(unitId, register);
      const said = await talk.ask(question, find);
      if ("refusal" in said) throw Object.assign(new Error("refused"), { modbusCode: said.refusal });
      return said.words;
    },
    close: () => talk.close(),
  };
}

type Said = { readonly words: number[] } | { readonly refusal: number };

/** The question for a register, and how its answer is found in what comes back. */
export function readingOf(unitId: number, register: Register) {
  const code = register.table === "input" ? 4 : 3;
  const length = lengthOf(register);
  const question = Buffer.alloc(8);
  question[0] = unitId;
  question[1] = code;
  question.writeUInt16BE(register.address, 2);
  question.writeUInt16BE(length, 4);
  question.writeUInt16LE(crc16(question.subarray(0, 6)), 6);

  const answer = shape([unitId, code, 2 * length], 5 + 2 * length);
  const refusal = shape([unitId, code | 0x80], 5);
  return {
    question,
    find(heard: Buffer): Said | null {
      const whole = answerIn(heard, answer);
      if (whole) return { words: Array.from({ length }, (_, word) => whole.readUInt16BE(3 + 2 * word)) };
      const refused = answerIn(heard, refusal);
      return refused && { refusal: refused[2]! };
    },
  };
}

const shape = (start: readonly number[], length: number) => ({
  start: Buffer.from(start),
  length,
  isWhole: (bytes: Buffer) => bytes.readUInt16LE(length - 2) === crc16(bytes.subarray(0, length - 2)),
});
