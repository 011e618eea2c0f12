import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import path from "node:path";
import { z } from "zod";
import { runtimeVersion } from "../gateway/onnx.ts";
import type { Engine } from "../gateway/terms.ts";
import { ROLES, type Role, VARIANTS, type Variant, type VerifiedPack } from "./manifest.ts";
import { recipe, shelfFolder } from "./shelf.ts";
import { writeWhole } from "./write.ts";

/** A network on the shelf: how well it keeps the original's answers, and how quick it is where. */
const row = z.strictObject({
  role: z.enum(ROLES),
  variant: z.enum(VARIANTS),
  bytes: z.int(),
  parity: z.strictObject({ what: z.string(), value: z.number(), limit: z.number() }),
  how: z.string(),
  /** Milliseconds for one picture, on each provider that was tried; null where it does not run. */
  millis: z.partialRecord(z.enum(["cpu", "cuda", "tensorrt"]), z.number().nullable()),
});

const table = z.strictObject({
  /** Processor and runtime; figures of another machine say nothing. */
  machine: z.string(),
  /** Of what pack, by what maker. */
  recipe: z.string(),
  /** Whose pictures the ranges come from: `simulated`, or `camera` with the time. */
  calibration: z.string(),
  rows: z.array(row),
});

export type Row = z.infer<typeof row>;
export type Table = z.infer<typeof table>;

/** This machine, as far as the speed of networks goes. */
export function machine(): string {
  const [first] = cpus();
  return `${first?.model.trim() ?? "unknown"}, ${cpus().length} cores, ${process.arch}, ONNX Runtime ${runtimeVersion()}`;
}

/** What the table of a pack must have been made of to be believed. */
export const tableRecipe = (pack: VerifiedPack) =>
  ROLES.map((role) => recipe(pack, role).slice(0, 16)).join("-");

const place = (pack: VerifiedPack) => path.join(shelfFolder(pack), "table.json");

/** The table of this pack on this machine; null when there is none yet, or only one of another machine or maker. */
export async function readTable(pack: VerifiedPack): Promise<Table | null> {
  try {
    const found = table.parse(JSON.parse(await readFile(place(pack), "utf8")));
    return found.machine === machine() && found.recipe === tableRecipe(pack) ? found : null;
  } catch {
    return null; // it can be made again
  }
}

export const writeTable = (pack: VerifiedPack, made: Table) =>
  writeWhole(place(pack), `${JSON.stringify(made, null, 2)}\n`);

/** What gains less than this over float32 is not worth its rounding. */
const WORTH = 0.95;

/**
 * Which variant of a role's network a provider is to run: the quickest of those that keep the answers. Where nothing was
 * timed (building a TensorRT engine for each would take an hour), halves on a GPU, if they keep them, else float32.
 */
export function chosen({ rows }: Table, role: Role, provider: Engine["provider"]): Variant {
  const good = rows.filter((each) => each.role === role && each.parity.value <= each.parity.limit);
  const timed = good.flatMap(({ variant, millis }) => {
    const took = millis[provider] ?? null;
    return took === null ? [] : [{ variant, took }];
  });
  const quickest = timed.sort((a, b) => a.took - b.took)[0];
  const exact = timed.find(({ variant }) => variant === "float32");
  if (quickest && exact) return quickest.took < exact.took * WORTH ? quickest.variant : "float32";
  return provider !== "cpu" && good.some(({ variant }) => variant === "float16") ? "float16" : "float32";
}
