import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { PreparedPack, Role } from "../../../../models/manifest.ts";
import { OUTPUTS } from "../../../../models/quantize/answers.ts";
import { failure, reason } from "../../../errors.ts";
import type { Logger } from "../../../log.ts";
import type { Engine } from "../../../terms.ts";
import { type Network, openNetwork, supportedProviders } from "./network.ts";

export const PROVIDERS = ["tensorrt", "cuda", "cpu"] as const satisfies readonly Engine["provider"][];

export const providerOptions = {
  providers: z
    .array(z.enum(PROVIDERS))
    .min(1)
    .default([...PROVIDERS])
    .describe("What may run the networks, in order of preference; the first that really works is used."),
  threads: z
    .union([z.literal("auto"), z.int().min(1).max(64)])
    .default("auto")
    .describe("Threads for one network on the CPU; `auto` takes as many as there are cores, four at most."),
};

export interface ProviderOptions {
  readonly providers: readonly Engine["provider"][];
  readonly threads: "auto" | number;
}

/** Beyond four, a batch this small is shared out in pieces that cost more to hand over than to work on. */
const threadsOf = ({ threads }: ProviderOptions) =>
  threads === "auto" ? Math.min(4, availableParallelism()) : threads;

export type Networks = { readonly [R in Role]: Network };

/** The networks of a pack on the provider that really runs, and why the ones before it do not. */
export interface Running {
  readonly engine: Engine;
  readonly networks: Networks;
  readonly refused: readonly { readonly provider: Engine["provider"]; readonly why: string }[];
  close(): Promise<void>;
}

/**
 * Goes down the ladder until one provider has loaded every network of the pack and run each once. ONNX Runtime's own
 * fallback is not used: it is silent for a provider that the build lacks, and throws for one whose library is missing.
 * Throws MODEL_LOAD when no rung holds.
 */
export async function openOnBest(
  pack: PreparedPack,
  options: ProviderOptions,
  log: Logger,
): Promise<Running> {
  const supported = await supportedProviders();
  const refused: { provider: Engine["provider"]; why: string }[] = [];
  let cause: unknown;
  for (const provider of options.providers) {
    if (!supported.includes(provider)) {
      refused.push({ provider, why: "not in this build of ONNX Runtime" });
      continue;
    }
    try {
      const networks = await openAll(pack, provider, threadsOf(options), log);
      const engine: Engine = { provider, precision: pack.ready[provider].pose.precision };
      return { engine, networks, refused, close: () => closeAll(Object.values(networks)) };
    } catch (error) {
      refused.push({ provider, why: reason(error) });
      log.debug({ provider, why: reason(error) }, "provider does not run");
      cause = error;
    }
  }
  for (const { provider, why } of refused) log.error({ provider, why }, "does not run the model pack");
  const file = path.dirname(pack.models.detect.path);
  throw failure("MODEL_LOAD", { file, provider: options.providers.join(", ") }, cause);
}

async function openAll(
  pack: PreparedPack,
  provider: Engine["provider"],
  threads: number,
  log: Logger,
): Promise<Networks> {
  const open: Network[] = [];
  const load = async (role: Role) => {
    const room = ROOM[provider === "cpu" ? "cpu" : "gpu"][role];
    const network = await openNetwork(pack.ready[provider][role], { provider, threads, room });
    // Only now is it known that the library is there; building engines takes minutes and would look like a hang.
    if (provider === "tensorrt" && open.length === 0)
      log.info("TensorRT builds its engines; this takes minutes");
    open.push(network);
    // The first run is where a provider that loaded but cannot work says so; it also pays for lazy initialisation.
    const said = await network.run(1);
    for (const name of OUTPUTS[role]) {
      if (!said(name, 0)) throw new Error(`${pack.ready[provider][role].path} has no output "${name}"`);
    }
    return network;
  };
  try {
    return {
      detect: await load("detect"),
      pose: await load("pose"),
      landmarks: await load("landmarks"),
      eyes: await load("eyes"),
    };
  } catch (error) {
    await closeAll(open);
    throw error;
  }
}

/**
 * How many pictures go into one run. On a CPU the values between layers should stay in the cache (docs/speed.md); a GPU
 * is idle with less than a class.
 */
const ROOM = {
  cpu: { detect: 8, pose: 8, landmarks: 32, eyes: 64 },
  gpu: { detect: 16, pose: 48, landmarks: 48, eyes: 96 },
} as const satisfies Record<string, Record<Role, number>>;

async function closeAll(networks: readonly Network[]): Promise<void> {
  for (const network of [...networks].reverse()) await network.close();
}
