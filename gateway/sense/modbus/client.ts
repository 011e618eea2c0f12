import { reason } from "../../errors.ts";
import type { Register } from "./registers.ts";

export interface NetworkWire {
  readonly host: string;
  readonly port: number;
}

export interface SerialWire {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** How Modbus devices are reached: over the network, or by a serial line. */
export type Wire = NetworkWire | SerialWire;

/** Reads, and nothing else; one question at a time. Rejects with what `whyNot` has words for. */
export interface Client {
  /** False once nothing can be asked by it any more. */
  readonly alive: boolean;
  /** What stands in that device's register, as 16-bit numbers. */
  read(unitId: number, register: Register): Promise<number[]>;
  close(): Promise<void>;
}

/** What modbus-serial rejects with; some of it are no Errors. */
type Failed = { name?: string; message?: string; modbusCode?: number; errno?: string } | null | undefined;

/** Whether there was no answer, and not even a refusal. */
export function isSilence(error: unknown): boolean {
  const failed = error as Failed;
  return failed?.name === "TransactionTimedOutError" || failed?.errno === "ETIMEDOUT";
}

/** Why something came to nothing, for people. */
export function whyNot(error: unknown): string {
  const modbusCode = (error as Failed)?.modbusCode;
  if (modbusCode !== undefined)
    return `the device answers with Modbus exception ${modbusCode}${meaning(modbusCode)}`;
  if (isSilence(error)) return "no answer";
  return error instanceof Error ? reason(error) : ((error as Failed)?.message ?? reason(error));
}

const meaning = (code: number) => (code in EXCEPTIONS ? `: ${EXCEPTIONS[code]}` : "");

/** Modbus application protocol 1.1b3, 7. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "it does not read such a table",
  2: "it has no such register",
  3: "it does not give so many registers at once",
  4: "it has failed",
  5: "it needs more time",
  6: "it is busy",
  8: "its memory is damaged",
  10: "the gateway has no way there",
  11: "the gateway had no answer from it",
};
