import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";

/** A file of a model pack. */
export interface ModelFile {
  readonly pack: string;
  readonly version: string;
  readonly licence: string;
  readonly file: string;
  readonly sha256: string;
  /** Who made it, from what. */
  readonly provenance: string | null;
  /** The npm package it is fetched from; null where it comes along. */
  readonly source: { readonly package: string; readonly version: string } | null;
}

/** Every network of every pack, as its `pack.json` names it. */
export function modelFiles(): ModelFile[] {
  const packs = path.join(packageRoot, "models", "packs");
  return readdirSync(packs, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => {
      const pack = JSON.parse(readFileSync(path.join(packs, name, "pack.json"), "utf8"));
      const { name: called, version, licence, provenance = null, source = null } = pack;
      return filesIn(pack).map((file) => ({ pack: called, version, licence, provenance, source, ...file }));
    });
}

/** Packs differ; a file always stands beside its hash. */
function filesIn(value: unknown): Pick<ModelFile, "file" | "sha256">[] {
  if (value === null || typeof value !== "object") return [];
  const { file, sha256 } = value as { file?: unknown; sha256?: unknown };
  const own = typeof file === "string" && typeof sha256 === "string" ? [{ file, sha256 }] : [];
  return [...own, ...Object.values(value).flatMap(filesIn)];
}
