import { type Graph, int, int64, type Node, node, renamedInputs, type Tensor, text } from "./graph.ts";

/** Per-channel quantisation came with opset 13 (QuantizeLinear-13, DequantizeLinear-13). */
export const OPSET = 13;
/** From here to 13 the changes below are all there are that alter a meaning (Changelog of ONNX's operators). */
const OLDEST = 9;
/** Opsets 14 to 17 change nothing that is written here. ReduceMean and others move an attribute in 18. */
const NEWEST = 17;

/** What a change of one node comes to: nodes instead of it, and new constants for them. */
interface Rewritten {
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, Tensor>>;
}

/** An attribute that has become an input: `Slice(x) {starts}` → `Slice(x, starts)`. */
function moved(each: Node, names: readonly string[]): Rewritten {
  const constants: Record<string, Tensor> = {};
  const inputs = names.map((name) => {
    const attribute = each.attributes[name];
    if (!attribute) return "";
    const constant = `${each.outputs[0]}/${name}`;
    constants[constant] =
      attribute.kind === "float"
        ? { type: "float32", dims: [], data: Float32Array.of(attribute.value) }
        : int64(attribute.value as readonly number[]);
    return constant;
  });
  while (inputs.at(-1) === "") inputs.pop();
  const attributes = Object.fromEntries(
    Object.entries(each.attributes).filter(([name]) => !names.includes(name)),
  );
  return { nodes: [{ ...each, inputs: [...each.inputs, ...inputs], attributes }], constants };
}

/** Softmax used to flatten all axes from `axis` on into one; since 13 it works along that axis alone. */
function softmax(each: Node, rankOf: (name: string) => number): Rewritten {
  const attribute = each.attributes.axis;
  const axis = attribute?.kind === "int" ? attribute.value : 1;
  const rank = rankOf(each.inputs[0]!);
  if (axis === rank - 1 || axis === -1) return { nodes: [{ ...each, attributes: { axis: int(-1) } }] };
  const [input, output] = [each.inputs[0]!, each.outputs[0]!];
  const [flat, done, shape] = [`${output}/flat`, `${output}/done`, `${output}/shape`];
  return {
    nodes: [
      node("Shape", [input], [shape]),
      node("Flatten", [input], [flat], { axis: int(axis < 0 ? axis + rank : axis) }),
      { ...each, inputs: [flat], outputs: [done], attributes: { axis: int(-1) } },
      node("Reshape", [done, shape], [output]),
    ],
  };
}

/** Upsample-9 and Resize-10 counted pixels from their corners; Resize-11 has to be told so. */
function resize(each: Node): Rewritten {
  const [input, scales] = each.inputs;
  const attributes = {
    ...each.attributes,
    coordinate_transformation_mode: text("asymmetric"),
    nearest_mode: text("floor"),
  };
  return { nodes: [{ ...each, op: "Resize", inputs: [input!, "", scales!], attributes }] };
}

/** What became different on the way from opset 9 to 13, by operator: the version that changed it, and how. */
const CHANGES: Readonly<
  Record<string, { readonly since: number; rewrite(each: Node, rankOf: (name: string) => number): Rewritten }>
> = {
  Slice: { since: 10, rewrite: (each) => moved(each, ["starts", "ends", "axes"]) },
  Upsample: { since: 10, rewrite: resize },
  Resize: { since: 11, rewrite: resize },
  Clip: { since: 11, rewrite: (each) => moved(each, ["min", "max"]) },
  Pad: { since: 11, rewrite: (each) => moved(each, ["pads", "value"]) },
  Softmax: { since: 13, rewrite: softmax },
  LogSoftmax: { since: 13, rewrite: softmax },
  Hardmax: { since: 13, rewrite: softmax },
  Squeeze: { since: 13, rewrite: (each) => moved(each, ["axes"]) },
  Unsqueeze: { since: 13, rewrite: (each) => moved(each, ["axes"]) },
  Split: { since: 13, rewrite: (each) => moved(each, ["split"]) },
  ReduceSum: { since: 13, rewrite: (each) => moved(each, ["axes"]) },
};

/** Changed as well, and so rare in networks for pictures that we say no rather than guess. */
const UNKNOWN = ["TopK", "Scan", "Scatter", "Loop", "If"];

/**
 * Writes a graph in the operators of opset 13, without another meaning. `rankOf` says how many axes a value has, for the
 * operators whose meaning depends on it. Throws an Error that names what it cannot raise.
 */
export function raiseOpset(graph: Graph, rankOf: (name: string) => number): Graph {
  if (graph.opset < OLDEST || graph.opset > NEWEST)
    throw new Error(`it is written in opset ${graph.opset}; opsets ${OLDEST} to ${NEWEST} are understood`);
  const constants = new Map(graph.constants);
  const bypassed = new Map<string, string>();
  const nodes = graph.nodes.flatMap((each) => {
    if (graph.opset < OPSET && UNKNOWN.includes(each.op))
      throw new Error(`its operator ${each.op} cannot be raised from opset ${graph.opset} to ${OPSET}`);
    // Neither does anything when a network runs; Dropout's inputs changed with opset 12.
    if (each.op === "Dropout" || (each.op === "Identity" && !isOutput(graph, each))) {
      if (isOutput(graph, each)) return [node("Identity", [each.inputs[0]!], [each.outputs[0]!])];
      bypassed.set(each.outputs[0]!, each.inputs[0]!);
      return [];
    }
    const change = each.domain ? undefined : CHANGES[each.op];
    if (!change || graph.opset >= change.since) return [each];
    const rewritten = change.rewrite(each, rankOf);
    for (const [name, tensor] of Object.entries(rewritten.constants ?? {})) constants.set(name, tensor);
    return rewritten.nodes;
  });
  return { ...graph, opset: Math.max(OPSET, graph.opset), nodes: renamedInputs(nodes, bypassed), constants };
}

const isOutput = ({ outputs }: Graph, each: Node) => outputs.some(({ name }) => name === each.outputs[0]);

/** The names of values whose rank `raiseOpset` will ask for. */
export const ranksAsked = (graph: Graph): string[] =>
  graph.nodes.filter(({ op }) => CHANGES[op]?.rewrite === softmax).map(({ inputs }) => inputs[0]!);
