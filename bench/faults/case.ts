import type { Influx } from "../../test/support/influxd.ts";
import { findProgram } from "../../test/support/programs.ts";
import type { Place } from "./place.ts";
import { noVolume } from "./volume.ts";

/** One fault, made to happen for real, and what has to be seen then. */
export interface Case {
  readonly number: number;
  readonly title: string;
  readonly expected: string;
  /** Done in a few seconds: it runs at every change. */
  readonly quick?: boolean;
  readonly needs?: readonly ("mosquitto" | "influxd" | "root" | "volume")[];
  run(place: Place): Promise<Outcome>;
}

export interface Outcome {
  readonly seen: string;
  /** Of the messages that had been taken in, those that are nowhere. */
  readonly lost: number;
  /** Those that are there twice. */
  readonly duplicated: number;
  readonly ok: boolean;
}

/** Which numbers are missing, and which there are more than once. */
export function tally(
  expected: Iterable<number>,
  found: readonly number[],
): { lost: number; duplicated: number } {
  const there = new Set(found);
  let lost = 0;
  for (const number of new Set(expected)) if (!there.has(number)) lost += 1;
  return { lost, duplicated: found.length - there.size };
}

export const upTo = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);

/** The numbers of the windows in InfluxDB, in order of their times. */
export async function numbersIn(influx: Influx): Promise<number[]> {
  return (await influx.query("SELECT heads FROM focus")).map(({ heads }) => Number(heads));
}

export function canRun(one: Case): string | null {
  if (one.needs?.includes("mosquitto") && !findProgram("mosquitto")) return "mosquitto is not installed";
  if (one.needs?.includes("influxd") && !findProgram("influxd")) return "influxd is not installed";
  if (one.needs?.includes("root") && process.getuid?.() !== 0) return "needs root, to mount a small disk";
  if (one.needs?.includes("volume")) return noVolume();
  return null;
}
