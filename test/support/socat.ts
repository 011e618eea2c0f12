import { access } from "node:fs/promises";
import path from "node:path";
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
