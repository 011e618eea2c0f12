import { access, constants } from "node:fs/promises";
import path from "node:path";
import type { Config } from "../../config.ts";
import { reason } from "../../errors.ts";
import { findLine } from "../../gpio/gpio.ts";
import { type Finding, failed, ok } from "./finding.ts";

/** The light and the button of the room, without lighting the one or waiting for the other. */
export async function checkRoom({ privacy: { indicator, button } }: Config): Promise<Finding[]> {
  return [
    ...(indicator
      ? [
          await look(
            "light",
            indicator.gpio,
            indicator.led && path.join(indicator.led, "brightness"),
            constants.W_OK,
          ),
        ]
      : []),
    ...(button ? [await look("button", button.gpio, button.device, constants.R_OK)] : []),
  ];
}

const WIRING = "docs/privacy.md and docs/it.md say what a light and a button need.";

async function look(
  check: string,
  gpio: string | undefined,
  file: string | undefined,
  mode: number,
): Promise<Finding> {
  try {
    if (gpio === undefined) {
      await access(file!, mode);
      return ok(check, file!);
    }
    const { chip, offset, used } = await findLine(gpio);
    return ok(check, `${gpio}: line ${offset} of ${chip}, ${used ? "in use" : "free"}`);
  } catch (error) {
    return failed(check, `${gpio ?? file}: ${reason(error)}`, WIRING);
  }
}
