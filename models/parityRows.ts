import { readFile } from "node:fs/promises";
import type { Logger } from "../gateway/log.ts";
import type { CheckRow } from "./checkRow.ts";
import { type PreparedPack, ROLES } from "./manifest.ts";
import { ask } from "./quantize/ask.ts";
import { isParity, parityOf } from "./quantize/parity.ts";
import { simulatedSamples } from "./samples.ts";

/** A class that no network was calibrated with, nor compared on. */
const ANOTHER = [{ seed: 301, brightness: 0.9, warmth: 0.2, blur: 0, noise: 2, frames: 3 }];

/** How far the networks that run on the CPU are from their float32 originals, where they are others. */
export async function parityRows(pack: PreparedPack, log: Logger): Promise<CheckRow[]> {
  const others = ROLES.filter((role) => pack.ready.cpu[role].precision !== "float32");
  if (others.length === 0) return [];
  const samples = await simulatedSamples(pack, ANOTHER, log);
  const rows: CheckRow[] = [];
  for (const role of others) {
    const { [role]: pictures } = samples;
    const { path, precision } = pack.ready.cpu[role];
    const what = `${role} in ${precision} against float32`;
    if (pictures.list.length === 0) {
      rows.push({ what, value: "not compared: none was seen", goal: "as float32", ok: null });
      continue;
    }
    const was = await ask(await readFile(pack.float32[role].path), pictures);
    const is = await ask(await readFile(path), pictures);
    const parity = parityOf(role, was, is, pictures.list.length);
    rows.push({
      what: `${what}, ${parity.what}`,
      value: parity.value.toFixed(3),
      goal: `at most ${parity.limit}`,
      ok: isParity(parity),
    });
  }
  return rows;
}
