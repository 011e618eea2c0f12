import type { Clock } from "../../terms.ts";
import type { Client, Wire } from "./client.ts";
import type { Register } from "./registers.ts";
import { connectRtu } from "./rtu.ts";
import { connectTcp } from "./tcp.ts";

/** So long a device, or the gateway before it, may take to answer. */
const ANSWER_MS = 3_000;

/** A way to one or more devices. */
export interface Bus {
  /** What stands in that device's register, as 16-bit numbers. Rejects with what `whyNot` has words for. */
  read(unitId: number, register: Register): Promise<number[]>;
  /** Leaves it; the last one to leave closes it. May be called more than once. */
  close(): Promise<void>;
}

interface Line {
  readonly settings: string;
  users: number;
  client: Client | null;
  /** Over when the next may ask: a line has one conversation at a time. */
  turn: Promise<unknown>;
}

/**
 * By their places: all devices on a line share it. A serial port can be opened by one program at a time (RS-485 takes 32
 * devices), and many a gateway from TCP to such a line takes one connection, or four.
 */
const lines = new Map<string, Line>();

/** Opens the way there, or joins those who are on it already. */
export async function openBus(wire: Wire, clock: Clock): Promise<Bus> {
  const place = "path" in wire ? wire.path : `${wire.host}:${wire.port}`;
  const settings = JSON.stringify(wire);
  const line = lines.get(place) ?? { settings, users: 0, client: null, turn: Promise.resolve() };
  if (line.settings !== settings)
    throw new Error(`another sensor on ${place} has other settings: on one line they are the same for all`);
  lines.set(place, line);
  line.users += 1;
  let leaving: Promise<void> | undefined;

  /** Opens the line anew where it has gone: one who is there again disturbs nobody else. */
  async function reach(): Promise<Client> {
    if (line.client?.alive) return line.client;
    await line.client?.close();
    line.client = null;
    line.client = await ("host" in wire ? connectTcp(wire, ANSWER_MS) : connectRtu(wire, ANSWER_MS, clock));
    return line.client;
  }

  /** In its turn; not at all by one who has left meanwhile. */
  function use<T>(ask: (client: Client) => Promise<T>): Promise<T> {
    const said = line.turn.then(async () => {
      const client = leaving ? null : await reach();
      if (client === null || leaving) throw new Error("closed");
      return ask(client);
    });
    line.turn = said.catch(() => {});
    return said;
  }

  async function leave(): Promise<void> {
    line.users -= 1;
    if (line.users > 0) return;
    lines.delete(place);
    await line.client?.close(); // gives up what is being asked
    await line.turn;
    await line.client?.close(); // what was just being opened
  }
  const close = () => {
    leaving ??= leave();
    return leaving;
  };

  try {
    await use(async () => {});
  } catch (error) {
    await close();
    throw error;
  }
  return { read: (unitId, register) => use((client) => client.read(unitId, register)), close };
}
