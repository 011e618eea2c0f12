import { readFile } from "node:fs/promises";
import type { Disturbance } from "./disturb.ts";
import type { Sample } from "./sample.ts";

/** A line of a run's file. The first says when and on what it ran. */
export type Line =
  | { readonly began: string; readonly node: string; readonly cores: number }
  | { readonly sample: Sample }
  | { readonly disturbance: Disturbance };

/** What a run has written down so far; it may still be going on. Throws where the file has no first line. */
export async function readRun(file: string) {
  const text = await readFile(file, "utf8");
  // A line without its end is being written.
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean);
  const parsed = lines.map((line) => JSON.parse(line) as Line);
  const first = parsed.find((line) => "began" in line);
  if (!first) throw new Error(`${file} does not say when it began`);
  return {
    began: first.began,
    node: first.node,
    cores: first.cores,
    samples: parsed.flatMap((line) => ("sample" in line ? [line.sample] : [])),
    disturbances: parsed.flatMap((line) => ("disturbance" in line ? [line.disturbance] : [])),
  };
}
