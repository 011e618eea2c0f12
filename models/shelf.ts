import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import {
  PRECISIONS,
  type Precision,
  type ReadyNetwork,
  ROLES,
  type Role,
  type VerifiedPack,
} from "./manifest.ts";
import { writeWhole } from "./write.ts";

/** Raised whenever the same file would be turned into another network: everything that was made before is made anew. */
export const MAKER = 1;

const entry = z.strictObject({
  role: z.enum(ROLES),
  precision: z.enum(PRECISIONS),
  /** What it was made of and how: see `recipe`. */
  recipe: z.string(),
  sha256: z.string(),
  bytes: z.int(),
});
const index = z.array(entry);
type Entry = z.infer<typeof entry>;

/** The networks that were made from a pack's files. They stand beside them, in `ready/`, each once a precision. */
export interface Shelf {
  /** The network if it is there, made by this recipe, and unharmed; else null. */
  take(role: Role, precision: Precision, recipe: string): Promise<ReadyNetwork | null>;
  put(role: Role, precision: Precision, recipe: string, bytes: Uint8Array): Promise<ReadyNetwork>;
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

/** Opens the shelf of a pack's folder. What it lists is believed only as far as its hashes hold. */
export async function openShelf(pack: VerifiedPack): Promise<Shelf> {
  const folder = path.join(path.dirname(pack.models.detect.path), "ready");
  const file = path.join(folder, "index.json");
  let entries = await read(file);
  const place = (role: Role, precision: Precision) => path.join(folder, `${role}.${precision}.onnx`);
  const network = ({ role, precision, sha256, bytes }: Entry): ReadyNetwork => {
    const { width, height } = pack.models[role].input;
    return { path: place(role, precision), sha256, bytes, precision, width, height };
  };
  return {
    async take(role, precision, recipe) {
      const found = entries.find((each) => each.role === role && each.precision === precision);
      if (found?.recipe !== recipe) return null;
      const bytes = await readFile(place(role, precision)).catch(() => null);
      return bytes && sha256(bytes) === found.sha256 ? network(found) : null;
    },
    async put(role, precision, recipe, bytes) {
      await mkdir(folder, { recursive: true });
      await writeWhole(place(role, precision), bytes);
      const made = { role, precision, recipe, sha256: sha256(bytes), bytes: bytes.length };
      // Another process may have put something there since.
      const others = (await read(file)).filter((each) => each.role !== role || each.precision !== precision);
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
