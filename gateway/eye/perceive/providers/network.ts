import type { ReadyNetwork } from "../../../../models/manifest.ts";
import { PICTURES } from "../../../../models/quantize/bytes.ts";
import { openSession } from "../../../onnx.ts";
import type { Engine } from "../../../terms.ts";
import type { Size } from "../crop.ts";

export { supportedProviders } from "../../../onnx.ts";

/** A loaded network with a batch of pictures as its input. One call at a time: `slot`s are filled, then `run` reads them. */
export interface Network {
  readonly size: Size;
  /** The most pictures in one run. */
  readonly room: number;
  /** Memory of the batch's n-th picture, to be written in place: `width * height * 3` bytes, RGB, row by row. */
  slot(index: number): Uint8Array;
  /** Runs on the first `count` slots. */
  run(count: number): Promise<Answers>;
  close(): Promise<void>;
}

/** The output of that name for the n-th picture of a run; undefined when the network has none of that name. */
export type Answers = (output: string, index: number) => Float32Array | undefined;

export interface NetworkOptions {
  readonly provider: Engine["provider"];
  readonly threads: number;
  readonly room: number;
}

/** Loads a network on one provider and on no other. Rejects with ONNX Runtime's own words when that cannot be. */
export async function openNetwork(
  { path, width, height }: ReadyNetwork,
  { provider, threads, room }: NetworkOptions,
): Promise<Network> {
  const session = await openSession(path, provider, threads);
  const length = width * height * 3;
  const bytes = new Uint8Array(room * length);
  return {
    size: { width, height },
    room,
    slot: (index) => bytes.subarray(index * length, (index + 1) * length),
    async run(count) {
      // TensorRT builds an engine, which takes minutes, for every batch beyond those it has seen: it sees one size only.
      const filled = provider === "tensorrt" ? room : count;
      const outputs = await session.run({
        [PICTURES]: { data: bytes.subarray(0, filled * length), shape: [filled, height, width, 3] },
      });
      return (name, index) => {
        const each = (outputs[name]?.length ?? 0) / filled;
        return outputs[name]?.subarray(index * each, (index + 1) * each);
      };
    },
    close: () => session.close(),
  };
}
