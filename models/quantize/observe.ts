import { type Numbers, openSession } from "../../gateway/onnx.ts";
import { writeGraph } from "./file.ts";
import type { ElementType, Graph, Node, Tensor } from "./graph.ts";

/**
 * Runs a graph once and gives the values named, the inner ones too. ONNX Runtime itself does the sums: whatever an
 * operator means, and at whatever opset, it means the same here as in the gateway. Rejects with its words.
 */
export async function observe(
  graph: Graph,
  inputs: Readonly<Record<string, Numbers>>,
  names: readonly string[],
): Promise<Map<string, Tensor>> {
  if (names.length === 0) return new Map();
  const outputs = names.map((name) => ({ name, type: null, shape: null }));
  const session = await openSession(writeGraph({ ...graph, outputs }), "cpu", 1);
  try {
    const answers = Object.entries(await session.observe(inputs));
    return new Map(
      answers.map(([name, { type, data, shape }]) => [
        name,
        { type: type as ElementType, dims: shape, data },
      ]),
    );
  } finally {
    await session.close();
  }
}

/** What nodes that need nothing from outside come to, by the name of their outputs. */
export async function evaluate(graph: Graph, nodes: readonly Node[]): Promise<Map<string, Tensor>> {
  const names = nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== "");
  return observe({ ...graph, inputs: [], nodes }, {}, names);
}

/** A picture's worth of numbers of the graph's first input: only the shapes matter. */
export function anyInput({ inputs: [input] }: Graph, batch = 1): Record<string, Numbers> {
  const shape = input!.shape!.map((axis) => (typeof axis === "number" ? axis : batch));
  const length = shape.reduce((product, axis) => product * axis, 1);
  const data = input!.type === "uint8" ? new Uint8Array(length) : new Float32Array(length);
  return { [input!.name]: { data, shape } };
}
