import { type ExecFileException, execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * The programs of Debian's package `gpiod` (https://libgpiod.readthedocs.io): a line belongs to the process that asked for
 * it, so it is driven, or listened to, as long as that program lives.
 */
export type Program = "gpioinfo" | "gpioset" | "gpiomon";

export interface Wiring {
  /** Active, or pressed, is the low level. */
  readonly activeLow: boolean;
  /** The chip's own resistor. */
  readonly bias: "as-is" | "pull-up" | "pull-down";
}

/** What a line is wanted for: to be driven to a value for good, or to be listened to. */
export type Task = "active" | "inactive" | "listen";

/** The arguments changed between libgpiod 1.6 (Debian 12, Ubuntu 24.04, JetPack 6) and 2 (Debian 13). */
export function argumentsFor(
  task: Task,
  version: number,
  { chip, offset }: { readonly chip: string; readonly offset: number },
  { activeLow, bias }: Wiring,
): string[] {
  const wiring = [...(activeLow ? ["--active-low"] : []), ...(bias === "as-is" ? [] : [`--bias=${bias}`])];
  const place = version === 1 ? [chip] : ["--chip", chip];
  switch (task) {
    case "active":
    case "inactive": {
      const value = task === "active" ? 1 : 0;
      return [...(version === 1 ? ["--mode=signal"] : []), ...wiring, ...place, `${offset}=${value}`];
    }
    case "listen":
      // `%e` is 1 for a rising edge, and something else for a falling one.
      return [...(version === 1 ? ["--line-buffered"] : []), "--format=%e", ...wiring, ...place, `${offset}`];
  }
}

export async function version(): Promise<number> {
  const { text, problem } = await ask("gpioset", ["--version"]);
  const major = /\(libgpiod\) v(\d+)\./.exec(text)?.[1];
  if (major === undefined) throw new Error(problem || "gpioset does not say which version it is");
  return Number(major);
}

const ANSWER_MS = 5_000;

/** What a program says and is done: on standard output, and, in one line, on standard error. Never rejects. */
export function ask(
  program: Program,
  options: readonly string[] = [],
): Promise<{ text: string; problem: string }> {
  return new Promise((resolve) => {
    execFile(program, options, { timeout: ANSWER_MS }, (error, text, said) => {
      resolve({ text, problem: error ? said.trim().split("\n")[0] || whyNot(error) : "" });
    });
  });
}

const whyNot = (error: ExecFileException) =>
  error.code === "ENOENT" ? "the programs for GPIO are not installed (apt install gpiod)" : error.message;

/** A program that has a line. */
export interface Running {
  /** Resolves, with why, when it has let go of the line. */
  readonly ended: Promise<string>;
  close(): Promise<void>;
}

/** Starts a program that goes when the gateway goes, however that goes: a light must not outshine the cameras. */
export function start(
  program: Program,
  options: readonly string[],
  said: (line: string) => void = () => {},
): Running {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  createInterface({ input: child.stdout }).on("line", said);
  let problem = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    problem ||= text.trim().split("\n")[0]!;
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(problem || `${program} ended (${signal ?? code})`));
  });
  return {
    ended,
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
