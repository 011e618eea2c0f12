import type library from "modbus-serial";
import { z } from "zod";
import { failure, reason } from "../../errors.ts";
import { port } from "../../options.ts";
import { poll } from "../poll.ts";
import { lengthOf, measurementIn, type Register, registerOption } from "../registers.ts";
import { sensorDriver } from "../sensor.ts";

const ANSWER_MS = 3_000;

const line = z.union([
  z.strictObject({
    host: z.string().min(1).describe("Name or address of the device or its gateway (Modbus TCP)."),
    port: port().default(502).describe("Its port."),
  }),
  z.strictObject({
    path: z.string().min(1).describe("Serial port (Modbus RTU), best by its name under /dev/serial/by-id."),
    baudRate: z.int().min(300).max(1_000_000).default(9_600).describe("Bits a second."),
    parity: z
      .enum(["none", "even", "odd"])
      .default("none")
      .describe("Parity bit. The standard says even; many devices, none."),
    stopBits: z
      .union([z.literal(1), z.literal(2)])
      .default(1)
      .describe("Stop bits."),
  }),
]);

type Client = InstanceType<typeof library.default>;

/** A transmitter with registers, over the network or a serial line. */
export const modbus = sensorDriver({
  options: z.strictObject({
    driver: z.literal("modbus"),
    line: line.describe("How it is reached: `host` for TCP, `path` for RTU."),
    unitId: z.int().min(0).max(255).default(1).describe("The device's own number on the line."),
    registers: z.array(registerOption).min(1).describe("What stands in which register."),
    everySeconds: z.number().min(0.2).max(3_600).default(10).describe("How often it is read."),
  }),
  async open({ line, unitId, registers, everySeconds }, { name, clock }) {
    const lost = (error: unknown) => failure("SENSOR_LOST", { sensor: name, problem: wordsOf(error) }, error);
    const client = await connect(line, unitId).catch((error) => {
      throw lost(error);
    });
    return poll(
      {
        everySeconds,
        close: () => disconnect(client),
        async read() {
          try {
            const measurements = [];
            // One after the other: a serial line has one conversation at a time.
            for (const register of registers)
              measurements.push(measurementIn(register, await ask(client, register)));
            return { measurements };
          } catch (error) {
            throw lost(error);
          }
        },
      },
      clock,
    );
  },
});

async function connect(where: z.output<typeof line>, unitId: number): Promise<Client> {
  // CommonJS: what Node calls its default is the whole module.
  const { default: modbusSerial } = await import("modbus-serial");
  const client = new modbusSerial.default();
  client.setTimeout(ANSWER_MS);
  client.setID(unitId);
  client.on("error", () => {}); // the request that is under way fails with it
  try {
    if ("host" in where) await client.connectTCP(where.host, { port: where.port, timeout: ANSWER_MS });
    else {
      const { path, ...settings } = where;
      await client.connectRTUBuffered(path, settings);
    }
    return client;
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

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
  const client = await connect({ host, port }, 1);
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
    await disconnect(client);
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

async function ask(client: Client, register: Register): Promise<number[]> {
  const { address, table } = register;
  const length = lengthOf(register);
  const { data } = await (table === "input"
    ? client.readInputRegisters(address, length)
    : client.readHoldingRegisters(address, length));
  return data;
}

/** Gives up what is asked, then closes: `destroy` alone leaves a serial port open (modbus-serial 8.0.25). */
function disconnect(client: Client): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(resolve, 1_000);
    const done = () => {
      clearTimeout(patience);
      resolve();
    };
    client.destroy(() => {});
    if (client.isOpen) client.close(done);
    else done();
  });
}

function wordsOf(error: unknown): string {
  const { name, modbusCode, errno } = (error ?? {}) as { name?: string; modbusCode?: number; errno?: string };
  if (modbusCode !== undefined)
    return `the device answers with Modbus exception ${modbusCode}: ${reason(error)}`;
  if (name === "TransactionTimedOutError" || errno === "ETIMEDOUT") return "no answer";
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return reason(error);
}
