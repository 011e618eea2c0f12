import { access } from "node:fs/promises";
import path from "node:path";
import { SerialPort } from "serialport";
import { afterwards } from "./afterwards.ts";
import { temporaryFolder } from "./places.ts";
import { findProgram, start, stop, until } from "./programs.ts";

export const hasSocat = findProgram("socat") !== null;

/** Two serial ports that are joined: what goes into one comes out of the other. */
export interface Line {
  /** The gateway's end, and the device's. */
  readonly ours: string;
  readonly theirs: string;
  /** Unplugs it. */
  unplug(): Promise<void>;
}

export async function joinedPorts(): Promise<Line> {
  const folder = await temporaryFolder();
  const [ours, theirs] = [path.join(folder, "ours"), path.join(folder, "theirs")];
  const { child, said } = start(findProgram("socat")!, [
    `pty,rawer,link=${ours}`,
    `pty,rawer,link=${theirs}`,
  ]);
  const there = (file: string) =>
    access(file).then(
      () => true as const,
      () => undefined,
    );
  await until(async () => ((await there(ours)) && (await there(theirs))) || undefined, 20, "socat").catch(
    (error) => {
      throw new Error(`${error.message}: ${said()}`);
    },
  );
  return { ours, theirs, unplug: () => stop(child) };
}

/** The device's end of a line: writes, and answers what it is asked. */
export async function serialDevice(
  path: string,
  answer?: (asked: Buffer) => Buffer | null | Promise<Buffer | null>,
) {
  const port = new SerialPort({ path, baudRate: 9_600, autoOpen: false });
  await new Promise<void>((resolve, reject) => port.open((error) => (error ? reject(error) : resolve())));
  const write = (said: string | Buffer) => void (port.isOpen && port.write(said));
  port.on("error", () => {}); // the line was taken away
  port.on("data", async (asked: Buffer) => {
    const reply = await answer?.(asked);
    if (reply) write(reply);
  });
  afterwards(() => new Promise<void>((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())));
  return { write };
}
