import { spawn } from "node:child_process";
import type { VerifiedPack } from "../../models/manifest.ts";
import { isReady } from "../../models/ready.ts";

/**
 * Makes a pack's networks ready, where that is still to be done, in a process of its own: working on networks leaves holes
 * in the heap of whoever does it, and the gateway would keep those 55 MB for as long as it runs. Never rejects: what does
 * not work here is tried again, and told, by whoever then takes the pack.
 */
export async function readyApart(pack: VerifiedPack, configFile: string | undefined): Promise<void> {
  if (await isReady(pack)) return;
  const config = configFile === undefined ? [] : ["--config", configFile];
  const child = spawn(process.execPath, [process.argv[1]!, "models", "prepare", "--untuned", ...config], {
    stdio: "ignore",
  });
  await new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("close", () => resolve());
  });
}
