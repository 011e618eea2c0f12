import { openSession } from "../../../gateway/onnx.ts";
import { writeGraph } from "../../../models/quantize/file.ts";
import { float32, type Graph, type Node, type Tensor } from "../../../models/quantize/graph.ts";

/** A graph with one float input `x` and one output `y`. */
export function graphOf(
  opset: number,
  shape: readonly number[],
  nodes: readonly Node[],
  constants: Readonly<Record<string, Tensor>> = {},
): Graph {
  return {
    name: "test",
    opset,
    inputs: [{ name: "x", type: "float32", shape }],
    outputs: [{ name: "y", type: "float32", shape: null }],
    nodes,
    constants: new Map(Object.entries(constants)),
  };
}

/** What the graph's first output comes to, in ONNX Runtime. */
export async function run(
  graph: Graph,
  data: Float32Array | Uint8Array,
  shape: readonly number[],
): Promise<{ readonly shape: readonly number[]; readonly values: number[] }> {
  const session = await openSession(writeGraph(graph), "cpu", 1);
  try {
    const answers = await session.observe({ [graph.inputs[0]!.name]: { data, shape } });
    const answer = answers[graph.outputs[0]!.name]!;
    return { shape: answer.shape, values: Array.from(answer.data as Float32Array) };
  } finally {
    await session.close();
  }
}

/** The same numbers every time, between -1 and 1. */
export function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state / 2_147_483_647) * 2 - 1;
  });
}

export const random = (dims: readonly number[], seed: number): Tensor =>
  float32(
    dims,
    numbers(
      dims.reduce((product, size) => product * size, 1),
      seed,
    ),
  );

/** The largest difference between two lists of the same length. */
export function apart(some: readonly number[], others: readonly number[]): number {
  if (some.length !== others.length) return Number.POSITIVE_INFINITY;
  return some.reduce((most, value, at) => Math.max(most, Math.abs(value - others[at]!)), 0);
}
