import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { Socket } from "node:net";
import path from "node:path";

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
  what = "that",
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  while (Date.now() < deadline) {
    const result = await attempt();
    if (result !== undefined) return result;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`waited ${seconds} s for ${what} in vain`);
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

/** Starts a program and keeps what it says, so that a failed start can tell why. */
export function start(program: string, args: readonly string[]): { child: ChildProcess; said: () => string } {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  const keep = (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000);
  };
  child.stdout?.on("data", keep);
  child.stderr?.on("data", keep);
  return { child, said: () => text };
}

/** Ends a process that was started here, and waits until it is gone. */
export async function stop(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  const hard = setTimeout(() => child.kill("SIGKILL"), 5000);
  await gone;
  clearTimeout(hard);
}
