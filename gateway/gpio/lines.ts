import { ask } from "./programs.ts";

/** A line of a GPIO chip as the kernel knows it. */
export interface FoundLine {
  /** `gpiochip0` */
  readonly chip: string;
  readonly offset: number;
  readonly name: string | null;
  readonly direction: "input" | "output";
  /** Some program, or a driver, has it. */
  readonly used: boolean;
}

/**
 * Finds a line by `gpiochip0:17` or by its name. Rejects, in words for people, where there is no such line that this user
 * may see.
 */
export async function findLine(gpio: string): Promise<FoundLine> {
  const { text, problem } = await ask("gpioinfo");
  const lines = linesIn(text);
  const found = lines.filter(({ chip, offset, name }) => gpio === `${chip}:${offset}` || gpio === name);
  if (found.length > 1)
    throw new Error(`${found.length} GPIO lines are called ${gpio}: say which, as CHIP:NUMBER`);
  if (found[0]) return found[0];
  if (lines.length > 0) throw new Error(`there is no GPIO line ${gpio}; \`gpioinfo\` lists those there are`);
  throw new Error(problem || "there is no GPIO chip (/dev/gpiochip0) that this user may open");
}

/** What `gpioinfo` prints, in either version: a line a chip, and under it one a GPIO line. */
export function linesIn(text: string): FoundLine[] {
  let chip = "";
  return text.split("\n").flatMap((line) => {
    chip = /^(\S+) - \d+ lines:/.exec(line)?.[1] ?? chip;
    const [, offset, name, rest] = /^\s+line\s+(\d+):\s+("[^"]*"|unnamed)\s+(.*)$/.exec(line) ?? [];
    if (offset === undefined || name === undefined || rest === undefined) return [];
    return {
      chip,
      offset: Number(offset),
      name: name === "unnamed" ? null : name.slice(1, -1),
      direction: /\boutput\b/.test(rest) ? "output" : "input",
      used: /\[used|consumer=/.test(rest),
    };
  });
}
