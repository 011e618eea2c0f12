import { openSession } from "../../../onnx.ts";
import type { Engine } from "../../../terms.ts";

export { supportedProviders } from "../../../onnx.ts";

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

/** Loads a network on one provider and on no other. Rejects with ONNX Runtime's own words when that cannot be. */
export async function openNetwork(
  file: NetworkFile,
  provider: Engine["provider"],
  threads: number,
): Promise<Network> {
  const session = await openSession(file.path, provider, threads);
  const { name, width, height, channels } = file.input;
  const planes = channels === "grey" ? 1 : 3;
  const input = new Float32Array(planes * width * height);
  const inputs = { [name]: { data: input, shape: [1, planes, height, width] } };
  return { input, run: () => session.run(inputs), close: () => session.close() };
}
