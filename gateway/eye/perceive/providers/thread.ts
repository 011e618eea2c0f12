import { parentPort, workerData } from "node:worker_threads";
import { PICTURES } from "../../../../models/quantize/bytes.ts";
import { reason } from "../../../errors.ts";
import { openSession } from "../../../onnx.ts";
import type { FromThread, Loaded, ToThread } from "./networks.ts";

/**
 * The thread that runs networks: a run blocks it for as long as the network takes, and meanwhile the eye's own thread
 * cuts out the next faces. It is told what to load as it starts, says when everything is loaded, and then answers.
 */
const { networks, provider, threads } = workerData as Loaded;
const say = (message: FromThread, transfer: readonly ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

async function serve() {
  const opened = await Promise.all(
    networks.map(async ({ path, width, height, room, batches }) => {
      const session = await openSession(path, provider, threads);
      const length = width * height * 3;
      // ONNX Runtime takes no shared memory.
      const bytes = new Uint8Array(room * length);
      const shared = batches.map((batch) => new Uint8Array(batch));
      const run = (batch: number, count: number) => {
        const filled = shared[batch]!.subarray(0, count * length);
        bytes.set(filled);
        const data = bytes.subarray(0, filled.length);
        return session.run({ [PICTURES]: { data, shape: [count, height, width, 3] } });
      };
      return run;
    }),
  );
  parentPort!.on("message", ({ network, batch, count }: ToThread) => {
    opened[network]!(batch, count).then(
      (outputs) => {
        const memory = Object.values(outputs).map((output) => output.buffer as ArrayBuffer);
        say({ kind: "answers", outputs }, [...new Set(memory)]);
      },
      (error) => say({ kind: "failed", problem: reason(error) }),
    );
  });
  say({ kind: "ready" });
}

serve().catch((error) => say({ kind: "failed", problem: reason(error) }));
