import { parentPort, workerData } from "node:worker_threads";
import { PICTURES } from "../../../../models/quantize/bytes.ts";
import { reason } from "../../../errors.ts";
import { openSession, type Session } from "../../../onnx.ts";
import type { FromThread, Loaded, ToThread } from "./networks.ts";

/**
 * The thread that runs networks: a run blocks it for as long as the network takes, and meanwhile the eye's own thread
 * cuts out the next faces. It is told what to load as it starts, says when everything is loaded, and then answers. It ends
 * when it is told to: ending it from outside in the middle of native code would end the process.
 */
const { networks, provider, threads } = workerData as Loaded;
const say = (message: FromThread, transfer: readonly ArrayBuffer[] = []) =>
  parentPort!.postMessage(message, transfer);

/** What runs a network on the first pictures of one of its batches. */
function runner(session: Session, { width, height, room, batches }: Loaded["networks"][number]) {
  const length = width * height * 3;
  // ONNX Runtime takes no shared memory.
  const bytes = new Uint8Array(room * length);
  const shared = batches.map((batch) => new Uint8Array(batch));
  return (batch: number, count: number) => {
    const data = bytes.subarray(0, count * length);
    data.set(shared[batch]!.subarray(0, data.length));
    return session.run({ [PICTURES]: { data, shape: [count, height, width, 3] } });
  };
}

async function answer(run: ReturnType<typeof runner>, { batch, count }: Extract<ToThread, { kind: "run" }>) {
  try {
    const outputs = await run(batch, count);
    const memory = Object.values(outputs).map((output) => output.buffer as ArrayBuffer);
    say({ kind: "answers", outputs }, [...new Set(memory)]);
  } catch (error) {
    say({ kind: "failed", problem: reason(error) });
  }
}

const sessions: Session[] = [];
async function end() {
  for (const session of sessions.splice(0)) await session.close();
  parentPort!.close();
}

try {
  for (const { path } of networks) sessions.push(await openSession(path, provider, threads));
  const runners = networks.map((network, place) => runner(sessions[place]!, network));
  let obeying = Promise.resolve();
  parentPort!.on("message", (message: ToThread) => {
    // A run takes its pictures when it begins, which is not before the one that was asked for earlier has ended.
    obeying = obeying.then(() =>
      message.kind === "close" ? end() : answer(runners[message.network]!, message),
    );
  });
  say({ kind: "ready" });
} catch (error) {
  say({ kind: "failed", problem: reason(error) });
  await end();
}
