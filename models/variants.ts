import { readFile } from "node:fs/promises";
import { type PreparedPack, ROLES, type Role, type Variant } from "./manifest.ts";
import { ask } from "./quantize/ask.ts";
import { calibrateAll, inEightBits } from "./quantize/eightBits.ts";
import { readGraph, writeGraph } from "./quantize/file.ts";
import { inHalves } from "./quantize/half.ts";
import { type Parity, parityOf } from "./quantize/parity.ts";
import type { Samples } from "./samples.ts";

/** A network in another precision, and how well it keeps the answers of its float32 original. */
export interface MadeVariant {
  readonly role: Role;
  readonly variant: Variant;
  readonly bytes: Uint8Array;
  readonly parity: Parity;
  /** How it was made, in words, for the report. */
  readonly how: string;
}

/** What each role's share of the work is, for the progress bar; pose has the largest pictures. */
const SHARES: Readonly<Record<Role, number>> = { detect: 0.3, pose: 0.5, landmarks: 0.13, eyes: 0.07 };

/**
 * Makes each network of a pack in its other precisions: calibrated with some of the pictures, compared on others. Nothing
 * of a picture is in what comes out. `onProgress` hears shares of the whole, from 0 to 1.
 */
export async function makeVariants(
  pack: PreparedPack,
  calibration: Samples,
  tests: Samples,
  onProgress: (share: number) => void,
): Promise<MadeVariant[]> {
  const made: MadeVariant[] = [];
  let before = 0;
  for (const role of ROLES) {
    const tell = (share: number) => onProgress(before + share * SHARES[role]);
    made.push(...(await variantsOf(role, pack, calibration, tests, tell)));
    before += SHARES[role];
    onProgress(before);
  }
  return made;
}

async function variantsOf(
  role: Role,
  pack: PreparedPack,
  { [role]: calibrated }: Samples,
  { [role]: tests }: Samples,
  tell: (share: number) => void,
): Promise<MadeVariant[]> {
  // Nothing like it was seen, so nothing can be said of it: it stays in float32.
  if (calibrated.list.length === 0 || tests.list.length === 0) return [];
  const graph = readGraph(await readFile(pack.float32[role].path));
  const counts = await calibrateAll(graph, calibrated, (done, total) => tell((0.5 * done) / total));
  const made: MadeVariant[] = [];
  for (const [variant, style] of [
    ["int8", "positive"],
    ["int8-symmetric", "symmetric"],
  ] as const) {
    const { bytes, parity, method, kept } = await inEightBits(graph, role, counts, tests, style);
    const left = kept.length === 0 ? "every layer" : `all layers but ${kept.join(", ")}`;
    made.push({ role, variant, bytes, parity, how: `${left} in eight bits, ranges by ${method}` });
    tell(variant === "int8" ? 0.7 : 0.9);
  }
  const bytes = writeGraph(inHalves(graph));
  const [was, is] = [await ask(writeGraph(graph), tests), await ask(bytes, tests)];
  const parity = parityOf(role, was, is, tests.list.length);
  made.push({
    role,
    variant: "float16",
    bytes,
    parity,
    how: "everything between bytes and answers in halves",
  });
  return made;
}
