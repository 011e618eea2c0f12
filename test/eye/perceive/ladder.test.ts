import { describe, expect, it } from "vitest";
import {
  type EngineState,
  type PerceiveOptions,
  perceiveOptions,
  perceiveWith,
} from "../../../gateway/eye/perceive/perceive.ts";
import { type LadderContext, openOnBest } from "../../../gateway/eye/perceive/providers/ladder.ts";
import { openNetworks } from "../../../gateway/eye/perceive/providers/networks.ts";
import { createLogger } from "../../../gateway/log.ts";
import { installedProviders } from "../../../gateway/onnx.ts";
import type { Engine, Frame } from "../../../gateway/terms.ts";
import { preparedForTests } from "../../models/prepared.ts";

const prepared = await preparedForTests();
const log = createLogger("error", false);
log.level = "silent";

/** ONNX Runtime as it is, but for one thing: what is loaded "on a GPU" is loaded on the CPU, or is not. */
type Fate = "runs" | "no such library" | Promise<void>;
function machine(
  fates: Partial<Record<Engine["provider"], Fate>>,
): LadderContext & { opened: string[]; closed: string[] } {
  const opened: string[] = [];
  const closed: string[] = [];
  return {
    ...{ log, opened, closed },
    installed: async () => ["cpu", ...Object.keys(fates)],
    async open(ready, placing, signal) {
      const fate = fates[placing.provider] ?? "runs";
      if (fate === "no such library") throw new Error(`Failed to load shared library (${placing.provider})`);
      await fate;
      const networks = await openNetworks(ready, { ...placing, provider: "cpu" }, signal);
      opened.push(placing.provider);
      return {
        ...networks,
        close() {
          closed.push(placing.provider);
          return networks.close();
        },
      };
    },
  };
}

const options = (change: Partial<PerceiveOptions> = {}) => ({
  ...perceiveOptions.parse({ threads: 1 }),
  ...change,
});
const frame: Frame = {
  ...{ camera: "wall", sequence: 0, time: 0, width: 64, height: 48 },
  rgb: new Uint8Array(64 * 48 * 3).fill(90),
};

describe.skipIf(!prepared)("the ladder of providers (needs the model pack; no GPU)", () => {
  const { pack } = prepared ?? { pack: undefined as never };

  it("keeps why each provider did not run", async () => {
    const context = machine({ cuda: "no such library" });
    const running = await openOnBest(pack, options(), context);
    expect(running.engine.provider).toBe("cpu");
    expect(running.coming).toBeNull();
    expect(running.refused).toEqual([
      { provider: "tensorrt", why: expect.stringContaining("not in this build") },
      { provider: "cuda", why: "Failed to load shared library (cuda)" },
    ]);
    await running.networks.close();
  });

  it("is refused by ONNX Runtime itself where a provider's library is missing, and lives on", async ({
    skip,
  }) => {
    if ((await installedProviders()).includes("cuda")) skip("CUDA may run here");
    await expect(openNetworks(pack.ready.cuda, { provider: "cuda", threads: 1 })).rejects.toThrow(
      /cuda|backend|provider/i,
    );
    const networks = await openNetworks(pack.ready.cpu, { provider: "cpu", threads: 1 });
    await networks.close();
  });

  it("takes them in the order that is asked for", async () => {
    const context = machine({ cuda: "runs" });
    const running = await openOnBest(pack, options({ providers: ["cpu", "cuda"] }), context);
    expect(running.engine.provider).toBe("cpu");
    expect(context.opened).toEqual(["cpu"]);
    await running.networks.close();
  });

  it("serves on the next step while TensorRT builds its engines, then changes over between two frames", async () => {
    let built: () => void = () => {};
    const building = new Promise<void>((resolve) => {
      built = resolve;
    });
    const context = machine({ tensorrt: building, cuda: "runs" });
    const running = await openOnBest(pack, options(), context);
    const told: EngineState[] = [];
    const changed = new Promise<void>((resolve) => {
      const perception = perceiveWith(running, options(), pack, (state) => {
        told.push(state);
        resolve();
      });
      Object.assign(held, { perception });
    });
    const { perception } = held;
    expect(perception).toMatchObject({ engine: { provider: "cuda" }, building: "tensorrt", refused: [] });
    expect((await perception.look(frame)).engine.provider).toBe("cuda");
    built();
    await changed;
    expect(told).toEqual([
      { engine: { ...running.engine, provider: "tensorrt" }, building: null, refused: [] },
    ]);
    expect((await perception.look(frame)).engine.provider).toBe("tensorrt");
    expect(context.closed).toEqual(["cuda"]);
    await perception.close();
    expect(context.closed).toEqual(["cuda", "tensorrt"]);
  });
  const held: { perception: ReturnType<typeof perceiveWith> } = { perception: undefined as never };

  it("stays where it is when TensorRT cannot build them, and says why", async () => {
    let failed: (error: Error) => void = () => {};
    const building = new Promise<void>((_, reject) => {
      failed = reject;
    });
    const context = machine({ tensorrt: building });
    const running = await openOnBest(pack, options(), context);
    const changed = new Promise<EngineState>((resolve) => {
      held.perception = perceiveWith(running, options(), pack, resolve);
    });
    failed(new Error("out of memory"));
    expect(await changed).toMatchObject({ engine: { provider: "cpu" }, building: null });
    expect(held.perception.refused).toContainEqual({ provider: "tensorrt", why: "out of memory" });
    expect((await held.perception.look(frame)).engine.provider).toBe("cpu");
    await held.perception.close();
  });

  it("waits for TensorRT where nothing else may run", async () => {
    const context = machine({ tensorrt: "runs" });
    const only = options({ policy: "require-gpu" });
    const running = await openOnBest(pack, only, context);
    expect(running.engine.provider).toBe("tensorrt");
    await running.networks.close();
  });

  it("rather does not start than runs on the CPU, under require-gpu", async () => {
    const attempt = openOnBest(
      pack,
      options({ policy: "require-gpu" }),
      machine({ cuda: "no such library" }),
    );
    await expect(attempt).rejects.toMatchObject({ code: "MODEL_LOAD" });
  });
});
