import { type Graph, type Node, readers, type Tensor, withoutUnused } from "./graph.ts";

/**
 * Folds each batch normalisation into the convolution or matrix product before it: at run time both are one scale and one
 * offset a channel, and so is what is left. One that stands alone, or whose input is read elsewhere too, stays.
 */
export function foldNormalisation(graph: Graph): Graph {
  const constants = new Map(graph.constants);
  const makers = new Map(
    graph.nodes.flatMap((each) => each.outputs.map((output) => [output, each] as const)),
  );
  const usedBy = readers(graph);
  const merged = new Map<Node, Node | null>();
  for (const each of graph.nodes) {
    if (each.op !== "BatchNormalization") continue;
    const before = makers.get(each.inputs[0]!);
    if (!before || usedBy.get(each.inputs[0]!)!.length > 1 || merged.has(before)) continue;
    const outside = graph.outputs.some(({ name }) => name === each.inputs[0]);
    const folded = outside ? null : fold(before, each, constants);
    if (!folded) continue;
    for (const [name, tensor] of Object.entries(folded.constants)) constants.set(name, tensor);
    merged.set(before, folded.node);
    merged.set(each, null);
  }
  const nodes = graph.nodes.flatMap((each) => (merged.has(each) ? (merged.get(each) ?? []) : each));
  return withoutUnused({ ...graph, nodes, constants });
}

/** The two as one, or null when they are not of the kind. */
function fold(before: Node, { inputs, outputs, attributes }: Node, constants: ReadonlyMap<string, Tensor>) {
  const parameters = inputs.slice(1, 5).map((name) => constants.get(name)?.data as Float32Array | undefined);
  const weight = constants.get(before.inputs[1]!);
  if (!weight || parameters.some((each) => !each)) return null;
  const rows = rowsOf(before, weight);
  if (!rows) return null;
  const [gamma, beta, mean, variance] = parameters as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const epsilon = attributes.epsilon?.kind === "float" ? attributes.epsilon.value : 1e-5;
  const scale = gamma.map((value, channel) => value / Math.sqrt(variance[channel]! + epsilon));
  const old = before.inputs[2] ? constants.get(before.inputs[2])?.data : undefined;
  if (before.inputs[2] && !old) return null;
  const bias = scale.map((s, channel) => (Number(old?.[channel] ?? 0) - mean[channel]!) * s + beta[channel]!);
  const data = (weight.data as Float32Array).map((value, at) => value * scale[rows(at)]!);
  const [weights, offset] = [`${outputs[0]}/weight`, `${outputs[0]}/bias`];
  return {
    node: { ...before, inputs: [before.inputs[0]!, weights, offset], outputs },
    constants: {
      [weights]: { ...weight, data },
      [offset]: { type: "float32", dims: [bias.length], data: bias },
    } satisfies Record<string, Tensor>,
  };
}

/** Which output channel the weight at a place belongs to; null for what cannot be folded into. */
function rowsOf({ op, attributes }: Node, { dims }: Tensor): ((at: number) => number) | null {
  const perRow = dims.slice(1).reduce((product, size) => product * size, 1);
  if (op === "Conv") return (at) => Math.floor(at / perRow);
  const factor = (name: string) => (attributes[name] ? Number(attributes[name].value) : 1);
  if (op !== "Gemm" || factor("alpha") !== 1 || factor("beta") !== 1 || attributes.transA?.value === 1)
    return null;
  return attributes.transB?.value === 1 ? (at) => Math.floor(at / perRow) : (at) => at % dims[1]!;
}
