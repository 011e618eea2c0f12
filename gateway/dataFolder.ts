import { readFileSync } from "node:fs";
import { access, constants, link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { failure, GatewayError } from "./errors.ts";

/** Held while a gateway uses the data folder, so that no two write to one spool or store. */
export interface DataFolderLock {
  release(): Promise<void>;
}

/** Makes the data folder, for the gateway's user only: what was published about a class is in it. Throws DATA_FOLDER_UNWRITABLE. */
export async function makeDataFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((error) => {
    throw failure("DATA_FOLDER_UNWRITABLE", { folder }, error);
  });
}

/** Whether there can be written to it at all, before work is done for it. Throws DATA_FOLDER_UNWRITABLE. */
export async function checkDataFolder(folder: string): Promise<void> {
  await access(folder, constants.W_OK | constants.X_OK).catch((error) => {
    throw failure("DATA_FOLDER_UNWRITABLE", { folder }, error);
  });
}

/**
 * Makes the data folder and takes its lock. A lock whose process is gone, as after a power cut, is taken over.
 * Throws DATA_FOLDER_IN_USE, DATA_FOLDER_UNWRITABLE.
 */
export async function lockDataFolder(folder: string): Promise<DataFolderLock> {
  const file = path.join(folder, "gateway.lock");
  await makeDataFolder(folder);
  await take(file, folder).catch((error) => {
    throw error instanceof GatewayError ? error : failure("DATA_FOLDER_UNWRITABLE", { folder }, error);
  });
  return { release: () => rm(file, { force: true }) };
}

async function take(file: string, folder: string): Promise<void> {
  // Written first and named then: a lock without a holder in it would look left over to whoever starts meanwhile.
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, ownMark(), { mode: 0o600 });
  try {
    while (!(await linked(mine, file))) {
      const holder = readHolder(await readFile(file, "utf8").catch(() => ""));
      if (holder && isElsewhere(holder)) throw failure("DATA_FOLDER_IN_USE", { folder, pid: holder.pid });
      await rm(file, { force: true });
    }
  } finally {
    await rm(mine, { force: true });
  }
}

/** Whether the file has got that name: no, where something has it already. */
const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "EEXIST") return false;
      throw error;
    },
  );

interface Holder {
  readonly pid: number;
  readonly birth: string;
}

function readHolder(mark: string): Holder | null {
  const [pid, birth = ""] = mark.split(" ");
  return Number(pid) > 0 ? { pid: Number(pid), birth } : null;
}

const isElsewhere = ({ pid, birth }: Holder): boolean =>
  pid !== process.pid && birth !== "" && birthOf(pid) === birth;

/** What this process writes into a lock of its own. */
export const ownMark = (): string => `${process.pid} ${birthOf(process.pid)}`;

/** Whether a lock with that mark is held by another process, one that still lives. */
export function isHeldElsewhere(mark: string): boolean {
  const holder = readHolder(mark);
  return holder !== null && isElsewhere(holder);
}

/**
 * When that process was started, as the kernel counts it; empty when there is none. After a reboot the number in a
 * left-over lock may belong to a stranger, and the gateway must start all the same. Where there is no /proc, being
 * alive has to do.
 */
function birthOf(pid: number): string {
  try {
    // The second field is the program's name in brackets and may hold anything; start time is the 20th after it (proc(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return process.platform === "linux" || !answers(pid) ? "" : "alive";
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
