import { once } from "node:events";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { preparedForTests } from "./models/prepared.ts";
import { afterwards } from "./support/afterwards.ts";
import { program } from "./support/cli.ts";
import { temporaryFolder } from "./support/places.ts";
import { childProcesses } from "./support/processes.ts";
import { findProgram, start, until } from "./support/programs.ts";
import { layRoom } from "./support/room.ts";

const prepared = await preparedForTests();
const strace = findProgram("strace");

/** System calls by which a process could talk to the world, or leave something behind. */
const CALLS =
  "execve,clone,clone3,fork,vfork,socket,connect,bind,sendto,sendmsg,open,openat,creat,mkdir,mkdirat,rename,renameat,link,linkat";

describe.skipIf(!prepared || !strace)(
  "a gateway watched from its first instruction (skipped without the model pack and strace)",
  () => {
    it("asks no name server, reaches nothing but loopback, and its eye opens no socket and writes no file", async () => {
      const room = await layRoom(prepared!);
      const traces = path.join(await temporaryFolder(), "trace");
      const { child: watched, said } = start(strace!, [
        ...["-f", "-qq", "-s", "200", "-e", `trace=${CALLS}`, "-o", traces],
        ...[process.execPath, program, "run", "--config", room.config],
      ]);
      // What strace follows goes on without it.
      afterwards(() => childProcesses(watched.pid!).map((gateway) => process.kill(gateway, "SIGKILL")));
      const ended = once(watched, "exit");
      try {
        await until(
          () => (said().includes("Ctrl-C stops it") ? true : undefined),
          90,
          "the gateway to run",
        ).catch((error) => {
          throw new Error(`${error.message}: ${said()}`);
        });
        // Long enough for whatever reports in the background to begin.
        await new Promise((resolve) => setTimeout(resolve, 8_000));
      } finally {
        for (const gateway of childProcesses(watched.pid!)) process.kill(gateway, "SIGTERM");
        const hard = setTimeout(() => watched.kill("SIGKILL"), 20_000);
        await ended;
        clearTimeout(hard);
      }

      const calls = (await readFile(traces, "utf8"))
        .split("\n")
        .map((line) => ({ thread: Number.parseInt(line, 10), line }));
      const reached = calls
        .filter(({ line }) => /\bconnect\(/.test(line) && line.includes("sa_family=AF_INET"))
        .map(({ line }) => line);
      expect(reached.length, "the gateway's own broker is reached").toBeGreaterThan(0);
      expect(reached.filter((line) => !line.includes('inet_addr("127.'))).toEqual([]);

      const eye = threadsOf(calls, "eye/main.js");
      const seen = calls.filter(({ thread }) => eye.has(thread)).map(({ line }) => line);
      expect(
        seen.filter((line) => line.includes(".onnx")).length,
        "the eye loads its networks",
      ).toBeGreaterThan(0);
      expect(seen.filter((line) => line.includes("socket(AF_INET"))).toEqual([]);
      const wrote = seen.filter((line) =>
        /O_WRONLY|O_RDWR|O_CREAT|\b(creat|mkdir|mkdirat|rename|renameat|link|linkat)\(/.test(line),
      );
      expect(wrote.filter((line) => !line.includes('"/dev/null"'))).toEqual([]);
    }, 180_000);
  },
);

/** The threads of the process that was started with that in its arguments, and of everything it started. */
function threadsOf(calls: ReadonlyArray<{ thread: number; line: string }>, argument: string): Set<number> {
  const threads = new Set<number>();
  for (const { thread, line } of calls) {
    if (/\bexecve\(/.test(line) && line.includes(argument)) threads.add(thread);
    const started = /\b(?:clone3?|v?fork)\b.* = (\d+)$/.exec(line)?.[1];
    if (started && threads.has(thread)) threads.add(Number(started));
  }
  return threads;
}
