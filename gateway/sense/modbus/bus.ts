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
  readonly wire: string;
  readonly client: Promise<Client>;
  users: number;
  /** Over when the next may ask: a line has one conversation at a time. */
  turn: Promise<unknown>;
}

/** Serial lines by their port, which one program at a time can open: all devices on it (RS-485 takes 32) share it. */
const lines = new Map<string, Line>();

/** Opens the way there, or joins those who are on it already. */
export async function openBus(wire: Wire, clock: Clock): Promise<Bus> {
  const port = "path" in wire ? wire.path : null;
  const line = (port !== null && lines.get(port)) || newLine(wire, clock);
  if (line.wire !== JSON.stringify(wire))
    throw new Error(`another sensor on ${port} has other settings: on one line they are the same for all`);
  if (port !== null) lines.set(port, line);
  line.users += 1;

  function forget(): void {
    if (port !== null && lines.get(port) === line) lines.delete(port);
  }
  async function leave(): Promise<void> {
    line.users -= 1;
    if (line.users > 0) return;
    forget();
    await line.client.then(
      (client) => client.close(),
      () => {},
    );
  }
  const client = await line.client.catch(async (error) => {
    await leave();
    throw error;
  });
  let leaving: Promise<void> | undefined;
  return {
    read(unitId, register) {
      const said = line.turn.then(() => client.read(unitId, register));
      line.turn = said.catch(() => {
        // Whoever comes next opens the port anew, and does not wait until all others have noticed.
        if (!client.alive) forget();
      });
      return said;
    },
    close() {
      leaving ??= leave();
      return leaving;
    },
  };
}

function newLine(wire: Wire, clock: Clock): Line {
  const client = "host" in wire ? connectTcp(wire, ANSWER_MS) : connectRtu(wire, ANSWER_MS, clock);
  return { wire: JSON.stringify(wire), client, users: 0, turn: Promise.resolve() };
}
