import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "../gateway/errors.ts";
import { packageRoot } from "../gateway/paths.ts";
import {
  type Manifest,
  manifestSchema,
  type PreparedPack,
  ROLES,
  type Role,
  type VerifiedPack,
} from "./manifest.ts";
import { readyPack } from "./ready.ts";

export type { Manifest, PreparedPack } from "./manifest.ts";

/** Where a pack's files stand. */
export const packFolder = (manifest: Manifest, dataFolder: string) =>
  path.join(dataFolder, "models", `${manifest.name}-${manifest.version}`);

/**
 * Reads `pack.json` of a pack that came with the gateway (a name) or of a folder of one's own (anything with a slash
 * in it). Throws INPUT_MISSING, MODEL_MANIFEST.
 */
export async function loadManifest(nameOrFolder: string): Promise<Manifest> {
  const own = /[\\/]/.test(nameOrFolder);
  const folder = own ? path.resolve(nameOrFolder) : path.join(packageRoot, "models", "packs", nameOrFolder);
  const file = path.join(folder, "pack.json");
  const text = await readFile(file, "utf8").catch((error) => {
    throw failure("INPUT_MISSING", { path: file }, error);
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw failure("MODEL_MANIFEST", { file, problems: [reason(error)] }, error);
  }
  const parsed = manifestSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`);
  throw failure("MODEL_MANIFEST", { file, problems });
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Which of the pack's files are not there, by role. */
export async function missingModels(manifest: Manifest, folder: string): Promise<Role[]> {
  const found = await Promise.all(
    ROLES.map((role) => readModel(path.join(folder, manifest.models[role].file))),
  );
  return ROLES.filter((_, index) => found[index] === null);
}

/** A pack whose files are in place, made ready to run. Throws MODEL_MISSING, MODEL_HASH, MODEL_UNSUPPORTED. */
export const verifyPack = async (manifest: Manifest, folder: string): Promise<PreparedPack> =>
  readyPack(await verifyFiles(manifest, folder));

/**
 * Checks every file of a pack against its hash and says where they are. Throws MODEL_MISSING, MODEL_HASH.
 * A file with another hash is never loaded, wherever it came from.
 */
export async function verifyFiles(manifest: Manifest, folder: string): Promise<VerifiedPack> {
  const prepared = <R extends Role>(role: R) => verifyModel(manifest.models[role], folder);
  const models = {
    detect: await prepared("detect"),
    pose: await prepared("pose"),
    landmarks: await prepared("landmarks"),
    eyes: await prepared("eyes"),
  };
  return { name: manifest.name, id: packId(manifest), precision: manifest.precision, models };
}

async function verifyModel<M extends Manifest["models"][Role]>(model: M, folder: string) {
  const file = path.join(folder, model.file);
  const bytes = await readModel(file);
  if (bytes === null) throw failure("MODEL_MISSING", { file });
  const actual = sha256(bytes);
  if (actual !== model.sha256) throw failure("MODEL_HASH", { file, expected: model.sha256, actual });
  return { ...model, path: file };
}

async function readModel(file: string): Promise<Uint8Array | null> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw failure("MODEL_MISSING", { file }, error);
  }
}

/** `name@` and the first eight hex digits of a hash over all the pack's files. */
function packId(manifest: Manifest): string {
  const hash = createHash("sha256");
  for (const role of ROLES) hash.update(manifest.models[role].sha256);
  return `${manifest.name}@${hash.digest("hex").slice(0, 8)}`;
}
