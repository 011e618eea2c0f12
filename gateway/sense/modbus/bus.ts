import { type Client, connect, disconnect, type Wire } from "./client.ts";
import { lengthOf, type Register } from "./registers.ts";

/** A way to one or more devices. */
export interface Bus {
  /** What stands in that device's register, as 16-bit numbers. Rejects with what `whyNot` has words for. */
  read(unitId: number, register: Register): Promise<number[]>;
  /** Leaves it; the last one to leave closes it. May be called more than once. */
  close(): Promise<void>;
}

interface Line {
  readonly wire: string;
  readonly client: Promise<Client>;
  users: number;
  /** Over when the next may ask: a line has one conversation at a time. */
  turn: Promise<unknown>;
}

/** Serial lines by their port, which one program at a time can open: all devices on it (RS-485 takes 32) share it. */
const lines = new Map<string, Line>();

/** Opens the way there, or joins those who are on it already. */
export async function openBus(wire: Wire): Promise<Bus> {
  const port = "path" in wire ? wire.path : null;
  const line = (port !== null && lines.get(port)) || newLine(wire);
  if (line.wire !== JSON.stringify(wire))
    throw new Error(`another sensor on ${port} has other settings: on one line they are the same for all`);
  if (port !== null) lines.set(port, line);
  line.users += 1;

  async function leave(): Promise<void> {
    line.users -= 1;
    if (line.users > 0) return;
    if (port !== null && lines.get(port) === line) lines.delete(port);
    await line.client.then(disconnect, () => {});
  }
  const client = await line.client.catch(async (error) => {
    await leave();
    throw error;
  });
  let leaving: Promise<void> | undefined;
  return {
    read(unitId, register) {
      const said = line.turn.then(() => ask(client, unitId, register));
      line.turn = said.catch(() => {});
      return said;
    },
    close() {
      leaving ??= leave();
      return leaving;
    },
  };
}

const newLine = (wire: Wire): Line => ({
  ...{ wire: JSON.stringify(wire), client: connect(wire) },
  ...{ users: 0, turn: Promise.resolve() },
});

async function ask(client: Client, unitId: number, register: Register): Promise<number[]> {
  const { address, table } = register;
  const length = lengthOf(register);
  client.setID(unitId);
  const { data } = await (table === "input"
    ? client.readInputRegisters(address, length)
    : client.readHoldingRegisters(address, length));
  return data;
}
