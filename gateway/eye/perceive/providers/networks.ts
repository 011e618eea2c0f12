import path from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { type ReadyNetwork, type ReadyNetworks, ROLES, type Role } from "../../../../models/manifest.ts";
import { OUTPUTS } from "../../../../models/quantize/answers.ts";
import { packageRoot } from "../../../paths.ts";
import type { Engine } from "../../../terms.ts";
import type { Network } from "./network.ts";

/** The networks of a pack, loaded on one provider in a thread of their own. */
export interface Networks {
  readonly of: { readonly [R in Role]: Network };
  close(): Promise<void>;
}

export interface Placing {
  readonly provider: Engine["provider"];
  /** On the CPU. */
  readonly threads: number;
}

/** What the thread is told as it starts. */
export interface Loaded extends Placing {
  readonly networks: readonly (Pick<ReadyNetwork, "path" | "width" | "height"> & {
    readonly room: number;
    /** Two, so that one can be filled while the other is read. */
    readonly batches: readonly SharedArrayBuffer[];
  })[];
}

export type ToThread =
  | { readonly kind: "run"; readonly network: number; readonly batch: number; readonly count: number }
  | { readonly kind: "close" };

export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "answers"; readonly outputs: Readonly<Record<string, Float32Array>> }
  | { readonly kind: "failed"; readonly problem: string };

/**
 * How many pictures go into one run. On a CPU the values between layers should stay in the cache, and while one batch
 * runs the next is cut out (docs/speed.md has the figures); a GPU is idle with less than a class.
 */
const ROOM = {
  cpu: { detect: 4, pose: 8, landmarks: 32, eyes: 64 },
  gpu: { detect: 16, pose: 48, landmarks: 48, eyes: 96 },
} as const satisfies Record<string, Record<Role, number>>;

/** Node 20 runs no TypeScript, so from source (in tests) it is the compiled thread that is started. */
const program = import.meta.url.endsWith(".ts")
  ? path.join(
      packageRoot,
      process.env.FOCUS_GATEWAY_DIST ?? "dist",
      "gateway/eye/perceive/providers/thread.js",
    )
  : fileURLToPath(new URL("./thread.js", import.meta.url));

/**
 * Loads the networks on one provider and on no other, and runs each once. Rejects with ONNX Runtime's own words, also
 * when the signal ends it.
 */
export async function openNetworks(
  ready: ReadyNetworks,
  { provider, threads }: Placing,
  signal?: AbortSignal,
): Promise<Networks> {
  const room = ROOM[provider === "cpu" ? "cpu" : "gpu"];
  const networks = ROLES.map((role) => {
    const { path, width, height } = ready[role];
    const batches = [0, 1].map(() => new SharedArrayBuffer(room[role] * width * height * 3));
    return { path, width, height, room: room[role], batches };
  });
  const workerData: Loaded = { provider, threads, networks };
  const thread = new Worker(program, { workerData, execArgv: [] });
  const waiting: { resolve(message: FromThread): void; reject(error: Error): void }[] = [];
  let gone: Error | null = null;
  const fall = (error: Error) => {
    gone = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  };
  thread.on("message", (message: FromThread) => {
    const asked = waiting.shift();
    if (message.kind === "failed") asked?.reject(new Error(message.problem));
    else asked?.resolve(message);
  });
  thread.once("error", fall);
  thread.once("exit", () => fall(new Error("the networks' thread has ended")));
  /** The thread answers in the order in which it was asked. */
  const answer = (question?: ToThread) =>
    new Promise<FromThread>((resolve, reject) => {
      if (gone) return reject(gone);
      waiting.push({ resolve, reject });
      if (question) thread.postMessage(question);
    });
  const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
  const close = () => {
    thread.postMessage({ kind: "close" } satisfies ToThread);
    return ended;
  };
  signal?.addEventListener("abort", close, { once: true });

  const network = (role: Role): Network => {
    const place = ROLES.indexOf(role);
    const { width, height, room, batches } = networks[place]!;
    const bytes = batches.map((batch) => new Uint8Array(batch));
    const length = width * height * 3;
    let batch = 0;
    return {
      size: { width, height },
      room,
      slot: (index) => bytes[batch]!.subarray(index * length, (index + 1) * length),
      async run(count) {
        // TensorRT builds an engine, which takes minutes, for every batch beyond those it has seen: it sees one size only.
        const filled = provider === "tensorrt" ? room : count;
        const asked = answer({ kind: "run", network: place, batch, count: filled });
        batch = 1 - batch;
        const said = await asked;
        const outputs = said.kind === "answers" ? said.outputs : {};
        return (name, index) => {
          const each = (outputs[name]?.length ?? 0) / filled;
          return outputs[name]?.subarray(index * each, (index + 1) * each);
        };
      },
    };
  };

  try {
    await answer();
    const of = {
      detect: network("detect"),
      pose: network("pose"),
      landmarks: network("landmarks"),
      eyes: network("eyes"),
    };
    for (const role of ROLES) {
      // The first run is where a provider that loaded but cannot work says so; it also pays for lazy initialisation.
      const said = await of[role].run(1);
      const missing = OUTPUTS[role].find((name) => !said(name, 0));
      if (missing) throw new Error(`${ready[role].path} has no output "${missing}"`);
    }
    return { of, close };
  } catch (error) {
    await close(); // what could not be loaded has ended by itself
    throw error;
  }
}
