import type { Logger } from "../gateway/log.ts";
import { supportedProviders } from "../gateway/onnx.ts";
import { type PreparedPack, type ReadyNetwork, ROLES, type Role, type Variant } from "./manifest.ts";
import { readyPack } from "./ready.ts";
import { CALIBRATION, simulatedSamples, TEST } from "./samples.ts";
import { openShelf, recipe } from "./shelf.ts";
import { machine, type Row, readTable, type Table, tableRecipe, writeTable } from "./table.ts";
import { timed } from "./timing.ts";
import { type MadeVariant, makeVariants } from "./variants.ts";

export interface TuneOptions {
  readonly log: Logger;
  /** From 0 to 1, with what is being done. */
  readonly onProgress?: (share: number, doing: string) => void;
  /** Makes the variants from pictures of its own instead of drawn ones, and says whose they are. */
  readonly make?: { readonly calibration: string; variants(): Promise<MadeVariant[]> };
}

/** Tried for speed. A TensorRT engine for each network would take an hour to build. */
const TIMED = ["cpu", "cuda"] as const;

/**
 * Makes a pack's networks in other precisions, compares their answers with the originals', and times on this machine what
 * keeps them: from then on the quickest is taken. What was done for this machine and these files is not done again.
 */
export async function tunePack(
  pack: PreparedPack,
  { log, onProgress = () => {}, make }: TuneOptions,
): Promise<{ readonly pack: PreparedPack; readonly table: Table }> {
  const before = await readTable(pack);
  if (before && !make) return { pack, table: before };

  const calibration = make?.calibration ?? "simulated";
  const variants = make ? await make.variants() : await fromDrawings(pack, log, onProgress);
  const shelf = await openShelf(pack);
  const rows: Row[] = [];
  for (const [index, role] of ROLES.entries()) {
    onProgress(0.9 + 0.1 * (index / ROLES.length), "timing");
    const exact = { variant: "float32" as const, network: pack.float32[role] };
    const others: { variant: Variant; network: ReadyNetwork }[] = [];
    const own = variants.filter((each) => each.role === role);
    for (const { variant, bytes } of own) {
      const network = await shelf.put(role, variant, recipe(pack, role, variant, calibration), bytes);
      others.push({ variant, network });
    }
    const all = [exact, ...others];
    const millis = await times(
      role,
      all.map(({ network }) => network),
    );
    for (const [at, { variant, network }] of all.entries()) {
      const made = own.find((each) => each.variant === variant);
      const itself = { what: own[0]?.parity.what ?? "nothing", value: 0, limit: own[0]?.parity.limit ?? 0 };
      rows.push({
        role,
        variant,
        bytes: network.bytes,
        parity: made?.parity ?? itself,
        how: made?.how ?? "as its maker gave it",
        millis: millis[at]!,
      });
    }
  }
  const table = { machine: machine(), recipe: tableRecipe(pack), calibration, rows };
  await writeTable(pack, table);
  onProgress(1, "done");
  return { pack: await readyPack(pack), table };
}

async function fromDrawings(
  pack: PreparedPack,
  log: Logger,
  onProgress: (share: number, doing: string) => void,
): Promise<MadeVariant[]> {
  const frames = [...CALIBRATION, ...TEST].reduce((sum, look) => sum + look.frames, 0);
  let looked = 0;
  const onFrame = () => onProgress((0.25 * ++looked) / frames, "looking at drawn classes");
  const calibration = await simulatedSamples(pack, CALIBRATION, log, onFrame);
  const tests = await simulatedSamples(pack, TEST, log, onFrame);
  return makeVariants(pack, calibration, tests, (share) => onProgress(0.25 + 0.65 * share, "calibrating"));
}

/** Of each network, its time on each provider that this machine really has. */
async function times(role: Role, networks: readonly ReadyNetwork[]): Promise<Row["millis"][]> {
  const supported = await supportedProviders();
  const found: Row["millis"][] = networks.map(() => ({}));
  for (const provider of TIMED) {
    if (!supported.includes(provider)) continue;
    const took = await timed(role, networks, provider);
    if (took.every((each) => each === null)) continue;
    for (const [index, millis] of took.entries()) found[index]![provider] = millis;
  }
  return found;
}
