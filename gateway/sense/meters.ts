import type { Measurement } from "./sensor.ts";

/** What an answer in bytes looks like. */
export interface AnswerShape {
  /** How it begins, and how long it is. */
  readonly start: Buffer;
  readonly length: number;
  /** Whether its checksum is right. */
  isWhole(answer: Buffer): boolean;
}

/** A CO₂ meter that answers in bytes. */
export interface Meter extends AnswerShape {
  readonly request: Buffer;
  /** The measurement in it, or what the meter says is wrong with itself. */
  read(answer: Buffer): { readonly measurement: Measurement } | { readonly problem: string };
}

const co2 = (value: number) => ({ measurement: { quantity: "co2", unit: "[ppm]", value } as const });

/** Winsen MH-Z19, -Z19B, -Z19C, -Z14: 0xFF, 0x86, ppm high and low, …, and a checksum. MH-Z19B user's manual 1.0, p. 6. */
const mhz19: Meter = {
  request: Buffer.from("ff0186000000000079", "hex"),
  start: Buffer.from("ff86", "hex"),
  length: 9,
  isWhole: (answer) =>
    answer[8] === (0x100 - (answer.subarray(1, 8).reduce((sum, byte) => sum + byte, 0) & 0xff)) % 0x100,
  read: (answer) => co2(answer.readUInt16BE(2)),
};

/**
 * Senseair S8, S88, Sunrise in Modbus mode: input registers 1 to 4 of any unit (0xFE), the first being the meter's state and
 * the last its ppm. "Modbus on Senseair S8" (TDE2067), p. 9.
 */
const senseair: Meter = {
  request: Buffer.from("fe0400000004e5c6", "hex"),
  start: Buffer.from("fe0408", "hex"),
  length: 13,
  isWhole: (answer) => answer.readUInt16LE(11) === crc16(answer.subarray(0, 11)),
  read(answer) {
    const state = answer.readUInt16BE(3);
    if (state !== 0) return { problem: `the meter reports an error (state 0x${state.toString(16)})` };
    return co2(answer.readInt16BE(9));
  },
};

export const METERS = { "mh-z19": mhz19, senseair } as const;

/** CRC-16 as in Modbus over serial line 1.02, 6.2.2. */
export function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** The first whole answer in what has come in so far, whatever noise stands around it; null while there is none. */
export function answerIn(heard: Buffer, { start, length, isWhole }: AnswerShape): Buffer | null {
  for (let at = heard.indexOf(start); at >= 0; at = heard.indexOf(start, at + 1)) {
    const answer = heard.subarray(at, at + length);
    if (answer.length === length && isWhole(answer)) return answer;
  }
  return null;
}
