import { execFile } from "node:child_process";

const ANSWER_MS = 10_000;

/** What a program of the machine's prints; null where it is not there, or cannot do its work here. */
export function askProgram(
  program: string,
  options: readonly string[],
  folder?: string,
): Promise<string | null> {
  return new Promise((resolve) => {
    execFile(program, options, { timeout: ANSWER_MS, cwd: folder }, (error, text) =>
      resolve(error ? null : text),
    );
  });
}

/** `Key=value` lines, as `systemctl show` and `timedatectl show` print them. */
export const propertiesIn = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes("="))
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
