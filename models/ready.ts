import { readFile } from "node:fs/promises";
import { failure, reason } from "../gateway/errors.ts";
import type { Engine } from "../gateway/terms.ts";
import {
  type PreparedPack,
  type ReadyNetwork,
  type ReadyNetworks,
  ROLES,
  type Role,
  type VerifiedPack,
} from "./manifest.ts";
import { openShelf, recipe, type Shelf } from "./shelf.ts";
import { chosen, readTable } from "./table.ts";

/**
 * Makes a verified pack ready to run: each network as the gateway feeds and reads it, made from the pack's own file
 * where it is not on the shelf yet, which takes a second. Where this machine has been measured (`tunePack`), each
 * provider gets what is quickest on it, else float32. Throws MODEL_UNSUPPORTED.
 */
export async function readyPack(pack: VerifiedPack): Promise<PreparedPack> {
  const shelf = await openShelf(pack);
  const table = await readTable(pack);
  const float32 = await eachRole((role) => exactNetwork(pack, role, shelf));
  const best = (provider: Engine["provider"]) =>
    eachRole(async (role) => {
      const variant = table ? chosen(table, role, provider) : "float32";
      if (!table || variant === "float32") return float32[role];
      // What was put on the shelf and is not there any more, or not whole, is not worth failing for.
      return (
        (await shelf.take(role, variant, recipe(pack, role, variant, table.calibration))) ?? float32[role]
      );
    });
  const ready = { cpu: await best("cpu"), cuda: await best("cuda"), tensorrt: await best("tensorrt") };
  return { ...pack, float32, ready };
}

/** Whether that has been done before: each network is on the shelf, in float32. */
export async function isReady(pack: VerifiedPack): Promise<boolean> {
  const shelf = await openShelf(pack);
  for (const role of ROLES) if (!(await shelf.take(role, "float32", recipe(pack, role)))) return false;
  return true;
}

async function eachRole(of: (role: Role) => Promise<ReadyNetwork>): Promise<ReadyNetworks> {
  const networks: Partial<Record<Role, ReadyNetwork>> = {};
  for (const role of ROLES) networks[role] = await of(role);
  return networks as ReadyNetworks;
}

/** The network of a role in float32, from the shelf or made for it. Throws MODEL_UNSUPPORTED. */
async function exactNetwork(pack: VerifiedPack, role: Role, shelf: Shelf): Promise<ReadyNetwork> {
  const made = recipe(pack, role);
  const there = await shelf.take(role, "float32", made);
  if (there) return there;
  const model = pack.models[role];
  // Only where there is something to make: what reads and writes networks takes a while to load, and memory.
  const { readGraph, writeGraph } = await import("./quantize/file.ts");
  const { readyGraph } = await import("./quantize/ready.ts");
  try {
    const graph = await readyGraph(readGraph(await readFile(model.path)), role, model);
    return await shelf.put(role, "float32", made, writeGraph(graph));
  } catch (error) {
    throw failure("MODEL_UNSUPPORTED", { file: model.path, problem: reason(error) }, error);
  }
}
