import { closeTcp, openTcp } from "./tcp.ts";

const CONNECT_MS = 3_000;
const PROBE_MS = 400;
const PROBED_REGISTERS = 8;

/** A unit that answered, and what stands in its first registers; null where it has none of that kind. */
export interface ModbusUnit {
  readonly unitId: number;
  readonly input: readonly number[] | null;
  readonly holding: readonly number[] | null;
}

/** Asks every one of these units for its first registers; whoever answers, if only to refuse, is there. Reads only. */
export async function probeModbus(
  host: string,
  port: number,
  unitIds: readonly number[],
): Promise<ModbusUnit[]> {
  const client = await openTcp({ host, port }, CONNECT_MS);
  const found: ModbusUnit[] = [];
  try {
    client.setTimeout(PROBE_MS);
    for (const unitId of unitIds) {
      client.setID(unitId);
      const input = await answerTo(() => client.readInputRegisters(0, PROBED_REGISTERS));
      const holding = await answerTo(() => client.readHoldingRegisters(0, PROBED_REGISTERS));
      if (input === "silence" && holding === "silence") continue;
      found.push({ unitId, input: wordsIn(input), holding: wordsIn(holding) });
    }
    return found;
  } finally {
    await closeTcp(client);
  }
}

type Answer = readonly number[] | "refusal" | "silence";

/** Exceptions 10 and 11 are a gateway's word that the unit behind it is silent (Modbus application protocol 1.1b3, 7). */
const answerTo = (read: () => Promise<{ data: number[] }>): Promise<Answer> =>
  read().then(
    ({ data }) => data,
    ({ modbusCode: code }: { modbusCode?: number }) =>
      code === undefined || code === 10 || code === 11 ? "silence" : "refusal",
  );
const wordsIn = (answer: Answer) => (typeof answer === "string" ? null : answer);
