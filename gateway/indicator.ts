import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { repeat } from "./clock.ts";
import { failure, type GatewayError, reason } from "./errors.ts";
import { type GpioLine, holdLine } from "./gpio/gpio.ts";
import type { Clock } from "./terms.ts";

/** The light that tells the room that cameras are open. */
export interface Indicator {
  /** Rejects with INDICATOR_FAILED, as `off` does. */
  on(): Promise<void>;
  off(): Promise<void>;
  /** Leaves the light as it is, to whoever may want it. */
  close(): Promise<void>;
}

export interface IndicatorOptions {
  /** An LED as Linux has it, by its folder: `/sys/class/leds/ACT`. */
  readonly led?: string | undefined;
  /** A GPIO line: `gpiochip0:17`, or its name. */
  readonly gpio?: string | undefined;
  readonly activeLow: boolean;
}

/** @param lost the light that was on shines no longer. */
export function openIndicator(
  options: IndicatorOptions | undefined,
  lost: (error: GatewayError) => void,
  clock: Clock,
): Indicator {
  if (options?.led !== undefined) return ledIndicator(options.led, lost, clock);
  if (options?.gpio !== undefined)
    return gpioIndicator({ gpio: options.gpio, activeLow: options.activeLow, bias: "as-is" }, lost);
  return { async on() {}, async off() {}, async close() {} };
}

/** How often it is looked at whether an LED shines still, in seconds. */
const LOOK_SECONDS = 2;

/**
 * A folder with `brightness` and `max_brightness` (Documentation/leds/leds-class.rst). The kernel tells nobody when another
 * program puts the LED out, or when it is unplugged: so it is looked at for as long as it is to shine.
 */
function ledIndicator(light: string, lost: (error: GatewayError) => void, clock: Clock): Indicator {
  const brightness = path.join(light, "brightness");
  let watching: ReturnType<typeof repeat> | null = null;
  const failed = (problem: string, cause?: unknown) => failure("INDICATOR_FAILED", { light, problem }, cause);

  async function shine(bright: boolean): Promise<void> {
    await look(false);
    try {
      const most = bright ? (await readFile(path.join(light, "max_brightness"), "utf8")).trim() : "0";
      await writeFile(brightness, most, { flag: "r+" });
    } catch (error) {
      throw failed(reason(error), error);
    }
    if (bright) await look(true);
  }

  async function look(wanted: boolean): Promise<void> {
    const before = watching;
    watching = null;
    await before?.close();
    if (!wanted) return;
    let told = false;
    watching = repeat(LOOK_SECONDS, clock, async () => {
      const problem = await readFile(brightness, "utf8").then(
        (text) => (Number.parseInt(text, 10) > 0 ? null : "it was put out by something else"),
        reason,
      );
      if (problem === null || told || watching === null) return;
      told = true;
      lost(failed(problem));
    });
  }

  return { on: () => shine(true), off: () => shine(false), close: () => look(false) };
}

/** A line that is driven by a program of its own; should that end, the line is the kernel's, and the light nobody's. */
function gpioIndicator(line: GpioLine, lost: (error: GatewayError) => void): Indicator {
  let holder: Awaited<ReturnType<typeof holdLine>> | null = null;
  const failed = (problem: string, cause?: unknown) =>
    failure("INDICATOR_FAILED", { light: line.gpio, problem }, cause);

  async function letGo(): Promise<void> {
    const held = holder;
    holder = null;
    await held?.close();
  }

  async function drive(to: "active" | "inactive"): Promise<void> {
    await letGo();
    const held = await holdLine(line, to).catch((error) => {
      throw failed(reason(error), error);
    });
    holder = held;
    void held.ended.then((why) => {
      if (holder !== held) return;
      holder = null;
      if (to === "active") lost(failed(why));
    });
  }

  return { on: () => drive("active"), off: () => drive("inactive"), close: letGo };
}
