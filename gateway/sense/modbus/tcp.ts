import type library from "modbus-serial";
import { type Client, isSilence, type NetworkWire } from "./client.ts";
import { lengthOf } from "./registers.ts";

type Library = InstanceType<typeof library.default>;

/** What modbus-serial makes of it. Rejects with what `whyNot` has words for. */
export async function connectTcp(wire: NetworkWire, answerMs: number): Promise<Client> {
  const client = await openTcp(wire, answerMs);
  // One that is closed forgets what it was asked (modbus-serial 8.0.25): no answer would ever come, and no error.
  let giveUp = (_why: Error) => {};
  client.on("close", () => giveUp(new Error("it hung up")));
  return {
    get alive() {
      return client.isOpen;
    },
    async read(unitId, register) {
      const { address, table } = register;
      const length = lengthOf(register);
      client.setID(unitId);
      const answer =
        table === "input"
          ? client.readInputRegisters(address, length)
          : client.readHoldingRegisters(address, length);
      const givenUp = new Promise<never>((_, reject) => {
        giveUp = reject;
      });
      const { data } = await Promise.race([answer, givenUp]).catch(async (error) => {
        // A device that was restarted does not know of this connection, and might never say so; whoever asks next makes one.
        if (isSilence(error)) await closeTcp(client);
        throw error;
      });
      // An answer whose own count is wrong is let through: it would be short of numbers, and zero in their place.
      if (data.length !== length)
        throw new Error(`it gave ${data.length} registers where ${length} were asked for`);
      return data;
    },
    close() {
      giveUp(new Error("closed"));
      return closeTcp(client);
    },
  };
}

export async function openTcp({ host, port }: NetworkWire, answerMs: number): Promise<Library> {
  // CommonJS: what Node calls its default is the whole module.
  const { default: modbusSerial } = await import("modbus-serial");
  const client = new modbusSerial.default();
  client.setTimeout(answerMs);
  client.on("error", () => {}); // the request that is under way fails with it
  try {
    await client.connectTCP(host, { port, timeout: answerMs });
    return client;
  } catch (error) {
    await closeTcp(client);
    throw error;
  }
}

/** Closes it; what is being asked is never answered. */
export function closeTcp(client: Library): Promise<void> {
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
