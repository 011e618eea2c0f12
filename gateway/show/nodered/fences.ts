import { writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { packageRoot } from "../../paths.ts";

/** What the process that runs flows may take, and what it gets none of. */

/** JavaScript's own memory; V8 ends the process beyond it. */
const HEAP_MB = 256;
/** V8's nursery, which it fills before it tidies up: at the default of 16 MB the eye took some 28 MB of memory more. */
const NURSERY_MB = 2;
/** All of its memory, with what lies outside of V8's: a buffer does. */
export const MEMORY_MB = 700;

/**
 * Node's arguments: it may start no program and no thread, load no native library, read the packages and its own folder,
 * and write to that folder alone. https://nodejs.org/api/permissions.html
 */
export function fences(folder: string): string[] {
  const flags = process.allowedNodeEnvironmentFlags;
  const require = createRequire(import.meta.url);
  // Installed beside us or below us, Node-RED and what it needs are under some node_modules.
  const packages = require.resolve("node-red/package.json").replace(/(.*[\\/]node_modules)[\\/].*/, "$1");
  const readable = new Set([packageRoot, packages, folder]);
  return [
    `--max-old-space-size=${HEAP_MB}`,
    `--max-semi-space-size=${NURSERY_MB}`,
    flags.has("--permission") ? "--permission" : "--experimental-permission",
    ...(flags.has("--allow-net") ? ["--allow-net"] : []),
    ...[...readable].map((place) => `--allow-fs-read=${path.join(place, path.sep)}*`),
    `--allow-fs-write=${path.join(folder, path.sep)}*`,
  ];
}

/** When the machine runs out of memory, it is this process that goes first. Linux only; elsewhere nothing happens. */
export async function goFirst(pid: number): Promise<void> {
  await writeFile(`/proc/${pid}/oom_score_adj`, "800").catch(() => {});
}
