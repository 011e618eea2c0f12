import { closeSync, openSync, readFileSync, readSync } from "node:fs";

/** A piece of a process's memory is read at once. */
const CHUNK = 32 * 2 ** 20;

/**
 * Goes through all memory of a process that could end up in its core dump or heap snapshot: every readable mapping, files
 * that are mapped in apart. `overlap` bytes of each chunk come again at the beginning of the next, so that nothing is cut
 * in two. Throws where the kernel does not allow it (proc(5), ptrace access mode).
 */
export function* memoryOf(pid: number, overlap: number): Generator<Buffer> {
  const memory = openSync(`/proc/${pid}/mem`, "r");
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const found = /^([0-9a-f]+)-([0-9a-f]+) (r\S+) \S+ \S+ \d+ *(.*)$/.exec(line);
      if (!found) continue;
      const [, from, to, , name] = found as unknown as [string, string, string, string, string];
      if (name.startsWith("/") || name === "[vvar]" || name === "[vsyscall]") continue;
      const end = BigInt(`0x${to}`);
      for (let at = BigInt(`0x${from}`); at < end; at += BigInt(CHUNK - overlap)) {
        const length = Math.min(CHUNK, Number(end - at));
        const chunk = Buffer.alloc(length);
        try {
          yield chunk.subarray(0, readSync(memory, chunk, 0, length, at as unknown as number));
        } catch (error) {
          // A mapping that went meanwhile, or that has no pages behind it.
          if (!["EIO", "EFAULT"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
        }
      }
    }
  } finally {
    closeSync(memory);
  }
}
