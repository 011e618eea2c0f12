import type { InferenceSession } from "onnxruntime-node";
import type { Engine } from "../../../terms.ts";

/** A loaded network with one picture as its input. One call at a time: `input` is filled, then `run` reads it. */
export interface Network {
  /** The input tensor's own memory, to be written in place. */
  readonly input: Float32Array;
  /** Output tensors by name. */
  run(): Promise<Readonly<Record<string, Float32Array>>>;
  close(): Promise<void>;
}

export interface NetworkFile {
  readonly path: string;
  readonly input: {
    readonly name: string;
    readonly width: number;
    readonly height: number;
    readonly channels: string;
  };
}

/**
 * The only file that knows ONNX Runtime. Names of the execution providers this build has; whether one really runs only
 * a try can tell.
 */
export async function supportedProviders(): Promise<string[]> {
  const ort = await loadRuntime();
  return ort.listSupportedBackends().map((backend) => backend.name);
}

/** Loads a network on one provider and on no other. Rejects with ONNX Runtime's own words when that cannot be. */
export async function openNetwork(
  file: NetworkFile,
  provider: Engine["provider"],
  threads: number,
): Promise<Network> {
  const ort = await loadRuntime();
  const session = await ort.InferenceSession.create(file.path, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // Spinning threads would keep cores busy between frames, beside a broker and a database on the same box.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  } satisfies InferenceSession.SessionOptions);
  const { name, width, height, channels } = file.input;
  const planes = channels === "grey" ? 1 : 3;
  const input = new Float32Array(planes * width * height);
  const feeds = { [name]: new ort.Tensor("float32", input, [1, planes, height, width]) };
  return {
    input,
    async run() {
      const outputs = Object.entries(await session.run(feeds));
      return Object.fromEntries(outputs.map(([key, tensor]) => [key, tensor.data as Float32Array]));
    },
    close: () => session.release(),
  };
}

async function loadRuntime() {
  const ort = await import("onnxruntime-node");
  // It would write to standard error by itself what it also throws; the ladder says it in one line.
  ort.env.logLevel = "fatal";
  return ort;
}
