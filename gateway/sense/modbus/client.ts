import type library from "modbus-serial";
import { reason } from "../../errors.ts";

/** How Modbus devices are reached: over the network, or by a serial line. */
export type Wire =
  | { readonly host: string; readonly port: number }
  | {
      readonly path: string;
      readonly baudRate: number;
      readonly parity: "none" | "even" | "odd";
      readonly stopBits: 1 | 2;
    };

export type Client = InstanceType<typeof library.default>;

const ANSWER_MS = 3_000;

/** Rejects with what `whyNot` has words for. */
export async function connect(wire: Wire): Promise<Client> {
  // CommonJS: what Node calls its default is the whole module.
  const { default: modbusSerial } = await import("modbus-serial");
  const client = new modbusSerial.default();
  client.setTimeout(ANSWER_MS);
  client.on("error", () => {}); // the request that is under way fails with it
  try {
    if ("host" in wire) await client.connectTCP(wire.host, { port: wire.port, timeout: ANSWER_MS });
    else {
      const { path, ...settings } = wire;
      await client.connectRTUBuffered(path, settings);
    }
    return client;
  } catch (error) {
    await disconnect(client);
    throw error;
  }
}

/** Gives up what is asked, then closes: `destroy` alone leaves a serial port open (modbus-serial 8.0.25). */
export function disconnect(client: Client): Promise<void> {
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

/** Why something came to nothing, for people. */
export function whyNot(error: unknown): string {
  const { name, modbusCode, errno } = (error ?? {}) as { name?: string; modbusCode?: number; errno?: string };
  if (modbusCode !== undefined)
    return `the device answers with Modbus exception ${modbusCode}: ${reason(error)}`;
  if (name === "TransactionTimedOutError" || errno === "ETIMEDOUT") return "no answer";
  if (typeof error === "object" && error !== null && "message" in error) return String(error.message);
  return reason(error);
}
