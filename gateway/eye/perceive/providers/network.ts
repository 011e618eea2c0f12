import type { Size } from "../crop.ts";

/**
 * A loaded network with a batch of pictures as its input. While a run is going on the slots of the next one may be filled
 * and that may be asked for; the slots of the one after it are free when the first has ended.
 */
export interface Network {
  readonly size: Size;
  /** The most pictures in one run. */
  readonly room: number;
  /** Memory of the coming batch's n-th picture, to be written in place: `width * height * 3` bytes, RGB, row by row. */
  slot(index: number): Uint8Array;
  /** Runs on the first `count` slots. Rejects with ONNX Runtime's own words. */
  run(count: number): Promise<Answers>;
}

/** The output of that name for the n-th picture of a run; undefined when the network has none of that name. */
export type Answers = (output: string, index: number) => Float32Array | undefined;
