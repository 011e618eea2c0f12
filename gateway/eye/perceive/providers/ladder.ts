import { availableParallelism } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { PreparedPack } from "../../../../models/manifest.ts";
import { failure, reason } from "../../../errors.ts";
import type { Logger } from "../../../log.ts";
import { installedProviders } from "../../../onnx.ts";
import type { Engine } from "../../../terms.ts";
import { type Networks, openNetworks } from "./networks.ts";

export const PROVIDERS = ["tensorrt", "cuda", "cpu"] as const satisfies readonly Engine["provider"][];

export const providerOptions = {
  providers: z
    .array(z.enum(PROVIDERS))
    .min(1)
    .default([...PROVIDERS])
    .describe("What may run the networks, in order of preference; the first that really works is used."),
  policy: z
    .enum(["allow-cpu", "require-gpu"])
    .default("allow-cpu")
    .describe("`require-gpu`: rather not start than run on the CPU, where it was meant to have a GPU."),
  threads: z
    .union([z.literal("auto"), z.int().min(1).max(64)])
    .default("auto")
    .describe("Threads for one network on the CPU; `auto` takes as many as there are cores, four at most."),
};

export interface ProviderOptions {
  readonly providers: readonly Engine["provider"][];
  readonly policy: "allow-cpu" | "require-gpu";
  readonly threads: "auto" | number;
}

/** A provider that does not run the pack. */
export interface Refused {
  readonly provider: Engine["provider"];
  readonly why: string;
}

/** The networks of a pack on the provider that really runs, and why the ones before it do not. */
export interface Running {
  readonly engine: Engine;
  readonly networks: Networks;
  readonly refused: readonly Refused[];
  /**
   * A better provider that is still getting ready, while this one serves. `ready` resolves with its networks, or with
   * why there will be none; it never rejects. `giveUp` ends the building.
   */
  readonly coming: {
    readonly provider: Engine["provider"];
    readonly ready: Promise<Better | Refused>;
    giveUp(): void;
  } | null;
}

export interface Better {
  readonly engine: Engine;
  readonly networks: Networks;
}

/** Beyond four, a batch this small is shared out in pieces that cost more to hand over than to work on. */
const threadsOf = ({ threads }: ProviderOptions) =>
  threads === "auto" ? Math.min(4, availableParallelism()) : threads;

const NOT_THERE = "not in this build of ONNX Runtime, or its library is not installed";

/** Loading on this one takes minutes, in which it builds engines for this very GPU. */
const SLOW: Engine["provider"] = "tensorrt";

export interface LadderContext {
  readonly log: Logger;
  /** Which providers are installed, and what loads networks on them: the real ones unless a test says otherwise. */
  readonly installed?: () => Promise<readonly string[]>;
  readonly open?: typeof openNetworks;
}

/**
 * Goes down the ladder until one provider has loaded every network of the pack and run each once. ONNX Runtime's own
 * fallback is not used: it is silent for a provider that the build lacks, and throws for one whose library is missing.
 * TensorRT, where another stands below it, gets ready meanwhile and comes later. Throws MODEL_LOAD when no rung holds.
 */
export async function openOnBest(
  pack: PreparedPack,
  options: ProviderOptions,
  { log, installed = installedProviders, open = openNetworks }: LadderContext,
): Promise<Running> {
  const known = await installed();
  const refused: Refused[] = [];
  let coming: Running["coming"] = null;
  let cause: unknown;
  const load = async (provider: Engine["provider"], signal?: AbortSignal): Promise<Better> => {
    const networks = await open(pack.ready[provider], { provider, threads: threadsOf(options) }, signal);
    return { engine: { provider, precision: pack.ready[provider].pose.precision }, networks };
  };
  const refuse = (provider: Engine["provider"], error: unknown): Refused => {
    const why = reason(error);
    log.debug({ provider, why }, "provider does not run");
    return { provider, why };
  };

  for (const [rung, provider] of options.providers.entries()) {
    if (provider === "cpu" && options.policy === "require-gpu") {
      refused.push({ provider, why: "the policy is require-gpu" });
    } else if (!known.includes(provider)) {
      refused.push({ provider, why: NOT_THERE });
    } else if (provider === SLOW && rung < options.providers.length - 1) {
      const building = new AbortController();
      const ready = load(provider, building.signal).catch((error: unknown) => refuse(provider, error));
      coming = { provider, ready, giveUp: () => building.abort() };
    } else {
      try {
        return { ...(await load(provider)), refused, coming };
      } catch (error) {
        refused.push(refuse(provider, error));
        cause = error;
      }
    }
  }
  // None of the quick ones: then what is slow is waited for.
  const late = await coming?.ready;
  if (late && "networks" in late) return { ...late, refused: [], coming: null };
  if (late) refused.unshift(late);
  for (const { provider, why } of refused) log.error({ provider, why }, "does not run the model pack");
  const file = path.dirname(pack.models.detect.path);
  throw failure(
    "MODEL_LOAD",
    { file, provider: options.providers.join(", ") },
    cause ?? new Error(late?.why),
  );
}
