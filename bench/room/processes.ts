import { readdirSync, readFileSync } from "node:fs";
import { childProcesses, commandLine } from "../../test/support/processes.ts";

/** What a process takes of the machine. Memory in megabytes; `ownMb` is without what is mapped from files. */
export interface Taken {
  readonly part: Part;
  readonly pid: number;
  readonly rssMb: number;
  readonly ownMb: number;
  readonly openFiles: number;
  readonly threads: number;
}

/** `tuning` is the background run that makes the networks quicker for this machine, once, after the first start. */
export const PARTS = ["gateway", "eye", "live page", "ffmpeg", "tuning", "other"] as const;
export type Part = (typeof PARTS)[number];

/** The gateway and all that it has started. Linux only: proc(5). */
export function takenBy(gateway: number): Taken[] {
  const pids = [gateway];
  for (const pid of pids) pids.push(...childProcesses(pid));
  return pids.flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
      const part = pid === gateway ? "gateway" : partOf(pid);
      return {
        ...{ part, pid, rssMb: number("VmRSS") / 1024, ownMb: number("RssAnon") / 1024 },
        ...{ openFiles: readdirSync(`/proc/${pid}/fd`).length, threads: number("Threads") },
      };
    } catch {
      return []; // it ended meanwhile
    }
  });
}

/** What a child is for, by its command line. */
function partOf(pid: number): Part {
  const line = commandLine(pid);
  if (/ffmpeg/.test(line)) return "ffmpeg";
  if (/models prepare|calibrate/.test(line)) return "tuning";
  if (/nodered/.test(line)) return "live page";
  return /\/eye\//.test(line) ? "eye" : "other";
}
