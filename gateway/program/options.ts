import { InvalidArgumentError, Option } from "commander";

/** Options that several commands have, and what their values may be. */

export const configOption = () =>
  new Option("-c, --config <file>", "the gateway's config; the demo's when left out");

export const jsonOption = () =>
  new Option("--json", "machine-readable lines on standard output, and nothing else there");

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("a number above 0 is needed.");
  return value;
}

export function whole(text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new InvalidArgumentError("a whole number is needed.");
  return value;
}
