import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";
import { afterwards } from "./afterwards.ts";
import { launch, stop, until } from "./programs.ts";

export interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const program = path.join(packageRoot, "bin", "focus-gateway.js");
/** What its first line asks Node for. */
export const nodeArguments = readFileSync(program, "utf8").split("\n", 1)[0]!.split(" ").slice(3);

/** Runs a command to its end, as a person would. */
export async function cli(
  args: readonly string[],
  environment: Record<string, string> = {},
): Promise<Outcome> {
  const running = startCli(args, environment);
  const code = await running.ended;
  return { code, out: running.out(), err: running.err() };
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  out(): string;
  err(): string;
  /** Waits for that text on either stream. */
  says(text: string | RegExp, seconds?: number): Promise<void>;
}

/** Starts a command that goes on, such as `run`, until the test ends. */
export function startCli(args: readonly string[], environment: Record<string, string> = {}): Running {
  const child = launch(process.execPath, [...nodeArguments, program, ...args], {
    env: { ...process.env, ...environment },
    stderr: "pipe",
  });
  afterwards(() => stop(child)); // in order, so that what it has started itself ends too
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr!.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return {
    child,
    ended,
    out: () => out,
    err: () => err,
    async says(text, seconds = 30) {
      const found = () => (typeof text === "string" ? (out + err).includes(text) : text.test(out + err));
      await until(() => (found() || child.exitCode !== null ? true : undefined), seconds, `"${text}"`).catch(
        (error) => {
          throw new Error(`${error.message}:\n${out}\n${err}`);
        },
      );
      if (!found()) throw new Error(`ended with ${child.exitCode} before it said "${text}":\n${out}\n${err}`);
    },
  };
}

/** Lines of JSON, as `--json` prints them. */
export const jsonLines = <T = Record<string, unknown>>(text: string): T[] =>
  text
    .trim()
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
