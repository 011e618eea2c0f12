import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import {
  type Precision,
  type ReadyNetwork,
  ROLES,
  type Role,
  VARIANTS,
  type Variant,
  type VerifiedPack,
} from "./manifest.ts";
import { writeWhole } from "./write.ts";

/** Raised whenever the same file would be turned into another network: everything that was made before is made anew. */
export const MAKER = 4;

const entry = z.strictObject({
  role: z.enum(ROLES),
  variant: z.enum(VARIANTS),
  /** What it was made of and how: see `recipe`. */
  recipe: z.string(),
  sha256: z.string(),
  bytes: z.int(),
});
const index = z.array(entry);
type Entry = z.infer<typeof entry>;

/** The networks that were made from a pack's files. They stand beside them, in `ready/`, each once a variant. */
export interface Shelf {
  /** The network if it is there, made by this recipe, and unharmed; else null. */
  take(role: Role, variant: Variant, recipe: string): Promise<ReadyNetwork | null>;
  put(role: Role, variant: Variant, recipe: string, bytes: Uint8Array): Promise<ReadyNetwork>;
}

/**
 * What a network is made of, in one hash: its source, how the manifest reads it, the maker's version, and whatever else
 * counts (what it was calibrated with). The same recipe gives the same network, so it need not be made again.
 */
export function recipe(pack: VerifiedPack, role: Role, ...more: readonly string[]): string {
  const { path: _path, ...model } = pack.models[role];
  return createHash("sha256")
    .update(JSON.stringify([MAKER, role, model, ...more]))
    .digest("hex");
}

export const shelfFolder = (pack: VerifiedPack) => path.join(path.dirname(pack.models.detect.path), "ready");

/** Opens the shelf of a pack's folder. What it lists is believed only as far as its hashes hold. */
export async function openShelf(pack: VerifiedPack): Promise<Shelf> {
  const folder = shelfFolder(pack);
  const file = path.join(folder, "index.json");
  let entries = await read(file);
  const place = (role: Role, variant: Variant) => path.join(folder, `${role}.${variant}.onnx`);
  const network = ({ role, variant, sha256, bytes }: Entry): ReadyNetwork => {
    const { width, height } = pack.models[role].input;
    const precision: Precision = variant === "int8-symmetric" ? "int8" : variant;
    return { path: place(role, variant), sha256, bytes, precision, width, height };
  };
  return {
    async take(role, variant, recipe) {
      const found = entries.find((each) => each.role === role && each.variant === variant);
      if (found?.recipe !== recipe) return null;
      const bytes = await readFile(place(role, variant)).catch(() => null);
      return bytes && sha256(bytes) === found.sha256 ? network(found) : null;
    },
    async put(role, variant, recipe, bytes) {
      await mkdir(folder, { recursive: true });
      await writeWhole(place(role, variant), bytes);
      const made = { role, variant, recipe, sha256: sha256(bytes), bytes: bytes.length };
      // Another process may have put something there since.
      const others = (await read(file)).filter((each) => each.role !== role || each.variant !== variant);
      entries = [...others, made];
      await writeWhole(file, `${JSON.stringify(entries, null, 2)}\n`);
      return network(made);
    },
  };
}

/** An index that cannot be read is an empty one: everything on the shelf can be made again. */
async function read(file: string): Promise<Entry[]> {
  try {
    return index.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return [];
  }
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
