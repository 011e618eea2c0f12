import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";
import type { Readable } from "node:stream";
import { afterwards } from "./afterwards.ts";

/** Finds a program on PATH or in the system folders that Debian keeps off a user's PATH; null when it is not installed. */
export function findProgram(name: string): string | null {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), "/usr/sbin", "/usr/local/sbin"];
  for (const folder of folders) {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return path.join(folder, name);
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** Calls `attempt` until it gives something other than undefined; fails after `seconds`. */
export async function until<T>(
  attempt: () => Promise<T | undefined> | T | undefined,
  seconds = 15,
  what: string | (() => string) = "that",
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const result = await attempt();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${seconds} s for ${typeof what === "string" ? what : what()} in vain`);
}

export function isListening(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const answer = (value: true | undefined) => {
      socket.destroy();
      resolve(value);
    };
    socket.once("connect", () => answer(true)).once("error", () => answer(undefined));
    socket.connect(port, "127.0.0.1");
  });
}

/** What has the kernel end a program when this process is gone, however that came about. prctl(2), PR_SET_PDEATHSIG. */
const DYING_WITH_US = findProgram("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "KILL"];

export interface LaunchOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A pipe has to be read, or the program waits when it is full. */
  readonly stderr?: "inherit" | "pipe";
}

/** Starts a program that is gone when the test is over, or this process is, whatever comes of either. */
export function launch(
  program: string,
  args: readonly string[],
  { stderr = "inherit", ...options }: LaunchOptions = {},
): ChildProcessByStdio<null, Readable, Readable | null> {
  const [first, ...rest] = [...DYING_WITH_US, program, ...args];
  const stdio = ["ignore", "pipe", stderr] as ["ignore", "pipe", "pipe"];
  const child = spawn(first!, rest, { ...options, stdio });
  afterwards(() => stop(child, "SIGKILL"));
  return child;
}

/** Launches a program and keeps the last of what it says, so that a failed start can tell why. */
export function start(program: string, args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = launch(program, args, { stderr: "pipe" });
  let text = "";
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout.on("data", keep);
  child.stderr!.on("data", keep);
  return { child, said: () => text };
}

/** Ends a process that was started here, and waits until it is gone; one that does not listen is killed. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const hard = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await gone;
  clearTimeout(hard);
}
