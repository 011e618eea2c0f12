import { readFile } from "node:fs/promises";
import { failure, reason } from "../gateway/errors.ts";
import { type PreparedPack, type ReadyNetwork, ROLES, type Role, type VerifiedPack } from "./manifest.ts";
import { readGraph, writeGraph } from "./quantize/file.ts";
import { readyGraph } from "./quantize/ready.ts";
import { openShelf, recipe, type Shelf } from "./shelf.ts";

/**
 * Makes a verified pack ready to run: each network as the gateway feeds and reads it, made from the pack's own file
 * where it is not on the shelf yet. Takes well under a second. Throws MODEL_UNSUPPORTED.
 */
export async function readyPack(pack: VerifiedPack): Promise<PreparedPack> {
  const shelf = await openShelf(pack);
  const made: Partial<Record<Role, ReadyNetwork>> = {};
  for (const role of ROLES) made[role] = await readyNetwork(pack, role, shelf);
  const networks = made as Record<Role, ReadyNetwork>;
  return { ...pack, ready: { cpu: networks, cuda: networks, tensorrt: networks } };
}

/** The network of a role in float32, from the shelf or made for it. Throws MODEL_UNSUPPORTED. */
async function readyNetwork(pack: VerifiedPack, role: Role, shelf: Shelf): Promise<ReadyNetwork> {
  const made = recipe(pack, role);
  const there = await shelf.take(role, "float32", made);
  if (there) return there;
  const model = pack.models[role];
  try {
    const graph = await readyGraph(readGraph(await readFile(model.path)), role, model);
    return await shelf.put(role, "float32", made, writeGraph(graph));
  } catch (error) {
    throw failure("MODEL_UNSUPPORTED", { file: model.path, problem: reason(error) }, error);
  }
}
