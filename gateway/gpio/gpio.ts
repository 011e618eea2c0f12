import { findLine } from "./lines.ts";
import { argumentsFor, type Running, start, version, type Wiring } from "./programs.ts";

export { type FoundLine, findLine } from "./lines.ts";

/** A line of the kernel's GPIO character devices, and how it is wired. */
export interface GpioLine extends Wiring {
  /** `gpiochip0:17`, or the name that the kernel has for it, `GPIO17`. */
  readonly gpio: string;
}

const HOLD_MS = 5_000;
const ASK_MS = 50;

/** Drives a line until it is closed. Resolves when the kernel says so; rejects in words for people. */
export async function holdLine(line: GpioLine, to: "active" | "inactive"): Promise<Running> {
  const place = await findLine(line.gpio);
  if (place.used) throw new Error(`something else has the GPIO line ${line.gpio}; \`gpioinfo\` says what`);
  const holder = start("gpioset", argumentsFor(to, await version(), place, line));
  let over = false;
  void holder.ended.then(() => {
    over = true;
  });
  for (const until = performance.now() + HOLD_MS; !over && performance.now() < until; ) {
    const { used, direction } = await findLine(line.gpio);
    if (used && direction === "output" && !over) return holder;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
  await holder.close();
  throw new Error(await holder.ended);
}

/**
 * Listens to a line until it is closed. Rejects in words for people.
 * @param pressed it became active after it had stood still for so long: a contact that chatters, when it is pressed or when
 *   it is let go, is one press.
 */
export async function listenToLine(
  line: GpioLine & { readonly debounceMilliseconds: number },
  pressed: () => void,
  now: () => number,
): Promise<Running> {
  const place = await findLine(line.gpio);
  let movedAt = Number.NEGATIVE_INFINITY;
  return start("gpiomon", argumentsFor("listen", await version(), place, line), (edge) => {
    const still = now() - movedAt;
    movedAt = now();
    if (edge.trim() === "1" && still > line.debounceMilliseconds) pressed();
  });
}
