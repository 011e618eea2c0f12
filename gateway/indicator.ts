import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "./errors.ts";

/** The light that tells the room that cameras are open. */
export interface Indicator {
  on(): Promise<void>;
  off(): Promise<void>;
}

/** No light to switch. */
export const noIndicator: Indicator = { async on() {}, async off() {} };

/**
 * An LED as Linux has it: a folder with `brightness` and `max_brightness` (Documentation/leds/leds-class.rst). Both reject
 * with INDICATOR_FAILED; without its light no camera opens.
 * @param folder such as `/sys/class/leds/ACT`.
 */
export function ledIndicator(folder: string): Indicator {
  const shine = async (bright: boolean) => {
    try {
      const most = bright ? (await readFile(path.join(folder, "max_brightness"), "utf8")).trim() : "0";
      await writeFile(path.join(folder, "brightness"), most, { flag: "r+" });
    } catch (error) {
      throw failure("INDICATOR_FAILED", { folder, problem: reason(error) }, error);
    }
  };
  return { on: () => shine(true), off: () => shine(false) };
}
