import { execFile, spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** A program that runs as our child and writes to its standard output. */
export interface Program {
  /** Not reading it makes the program wait. */
  readonly output: Readable;
  /** Resolves when the process is gone: its exit code (null when it was killed) and the last of its own words. */
  readonly ended: Promise<{ readonly code: number | null; readonly words: string }>;
  /** Ends it, whatever it is doing. It is gone when `ended` resolves. */
  kill(): void;
}

/**
 * Starts a program that is given `input` to read, and nothing when that is left out. It dies with us: by the kernel's
 * doing where `dying` gives the means, else as soon as it writes what nobody reads any more.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { input, dying = [] }: { readonly input?: string; readonly dying?: readonly string[] } = {},
): Program {
  const [first, ...rest] = [...dying, program, ...args];
  const child = spawn(first!, rest, {
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    // A process group of its own: Ctrl-C in a terminal reaches ours, and the eye ends it in order instead; and what a script
    // in the program's place has started is killed with it.
    detached: true,
  });
  const { stdin, stdout, stderr } = child;
  stdin?.on("error", () => {}); // it ended before it had read everything; `ended` tells
  stdin?.end(input);
  let words = "";
  stderr!.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-WORDS_KEPT);
  });
  stdout!.on("error", () => {}); // a read that was cut off by kill; `ended` tells
  let gone = false;
  const ended = new Promise<{ code: number | null; words: string }>((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, words: error.message });
    });
    child.once("close", (code) => {
      gone = true;
      resolve({ code, words });
    });
  });
  return { output: stdout!, ended, kill: () => void (gone || killGroup(child.pid)) };
}

function killGroup(leader: number | undefined): void {
  if (leader === undefined) return;
  try {
    process.kill(-leader, "SIGKILL");
  } catch {
    // All of it has just ended.
  }
}

const WORDS_KEPT = 4096;

/**
 * What to put before a command so that the kernel ends it when this process is gone, however that came about: a program
 * that waits for a silent camera writes nothing and would wait for ever. Empty where util-linux's setpriv (2.33 or later)
 * is not to be had. prctl(2), PR_SET_PDEATHSIG.
 */
export function dyingWithUs(): Promise<readonly string[]> {
  known ??= new Promise((resolve) => {
    const words = ["setpriv", "--pdeathsig", "KILL"];
    execFile(words[0]!, [...words.slice(1), "true"], (error) => resolve(error ? [] : words));
  });
  return known;
}

let known: Promise<readonly string[]> | undefined;
