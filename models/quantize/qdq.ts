import { CENTRED, PLANES, withCommonMean } from "./bytes.ts";
import { type Graph, int, type Node, node, renamedInputs, type Tensor, withoutUnused } from "./graph.ts";
import { inPairs } from "./pairs.ts";
import { MOVERS, planFor } from "./plan.ts";
import type { Range } from "./range.ts";

/**
 * How eight bits hold a value. `symmetric`: int8 with 0 in the middle, which is all that TensorRT takes. `positive`: uint8
 * between lowest and highest, which the CPU provider is quicker with: a Relu costs nothing then, and its result has all
 * 256 steps instead of half of them.
 */
export type Style = "symmetric" | "positive";

/**
 * Writes a network in eight bits, but for the layers in `kept`: QuantizeLinear and DequantizeLinear around every value and
 * weight of the plan, which runtimes merge into whole-number kernels. Weights are symmetric and have a scale for each
 * output channel. `ranges` are of the source's values.
 */
export function quantised(
  source: Graph,
  kept: ReadonlySet<string>,
  ranges: ReadonlyMap<string, Range>,
  style: Style,
): Graph {
  const asBytes = style === "positive";
  const { graph: common, mean } = asBytes ? withCommonMean(source) : { graph: source, mean: 0 };
  const graph = asBytes ? inPairs(common, kept) : common;
  const plan = planFor(graph, kept);
  const constants = new Map(graph.constants);
  const scales = new Map<string, Scale>();
  for (const [value, group] of plan.groups) {
    const members = [...plan.groups]
      .filter(([, other]) => other === group)
      // A value that is only laid out otherwise has the range of what it is made of.
      .flatMap(([name]) => ranges.get(name) ?? []);
    const low = Math.min(0, ...members.map((range) => range.low));
    const high = Math.max(0, ...members.map((range) => range.high));
    scales.set(value, scaleOf({ low, high }, style));
  }
  if (asBytes)
    scales.set(CENTRED, { scale: 1, zero: { type: "uint8", dims: [], data: Uint8Array.of(mean) } });

  const held = new Map<string, string>();
  const around = (name: string): Node[] => {
    const { scale, zero } = scales.get(name)!;
    const [q, back] = [`${name}/q`, `${name}/8bit`];
    constants.set(`${name}/scale`, single(scale));
    constants.set(`${name}/zero`, zero);
    held.set(name, back);
    const how = [`${name}/scale`, `${name}/zero`];
    // Pictures are in eight bits from the beginning.
    if (asBytes && name === CENTRED) return [node("DequantizeLinear", [PLANES, ...how], [back])];
    return [node("QuantizeLinear", [name, ...how], [q]), node("DequantizeLinear", [q, ...how], [back])];
  };

  const nodes: Node[] = [];
  for (const { name } of graph.inputs) if (plan.groups.has(name)) nodes.push(...around(name));
  for (const each of graph.nodes) {
    const [read] = renamedInputs([each], held) as [Node];
    if (plan.quantised.has(each.outputs[0]!) && constants.has(each.inputs[1] ?? "") && isWeighted(each)) {
      const weights = eightBitWeights(each, scales.get(each.inputs[0]!)!.scale, constants);
      nodes.push(...weights.nodes, { ...read, inputs: [read.inputs[0]!, ...weights.inputs] });
    } else if (asBytes && plan.quantised.has(each.outputs[0]!) && MOVERS.includes(each.op)) {
      // Bytes are moved as they are. Runtimes find that out for themselves, but not where a part is read by nobody.
      const bytes = (name: string) => (plan.groups.has(name) ? `${name}/q` : name);
      const ends = each.outputs.map((name) => around(name).at(-1)!);
      nodes.push({ ...each, inputs: each.inputs.map(bytes), outputs: each.outputs.map(bytes) }, ...ends);
      continue;
    } else nodes.push(read);
    for (const output of each.outputs) if (plan.groups.has(output)) nodes.push(...around(output));
  }
  return withoutUnused({ ...graph, nodes, constants });
}

const isWeighted = ({ op }: Node) => op === "Conv" || op === "Gemm";

interface Scale {
  readonly scale: number;
  readonly zero: Tensor;
}

function scaleOf({ low, high }: Range, style: Style): Scale {
  if (style === "symmetric") {
    const scale = Math.max(-low, high, 1e-12) / 127;
    return { scale, zero: { type: "int8", dims: [], data: Int8Array.of(0) } };
  }
  const scale = Math.max(high - low, 1e-12) / 255;
  return { scale, zero: { type: "uint8", dims: [], data: Uint8Array.of(Math.round(-low / scale)) } };
}

const single = (value: number): Tensor => ({ type: "float32", dims: [], data: Float32Array.of(value) });

/** Half of what 32 bits hold; the other half is for the sums that an offset is added to. */
const LARGEST_OFFSET = 2 ** 30;

/** A layer's weights and bias in whole numbers, with the nodes that turn them back. */
function eightBitWeights(
  { inputs, outputs, op, attributes }: Node,
  inputScale: number,
  constants: Map<string, Tensor>,
) {
  const name = outputs[0]!;
  const weight = constants.get(inputs[1]!)!;
  const axis = op === "Conv" || attributes.transB?.value === 1 ? 0 : 1;
  const channels = weight.dims[axis]!;
  const perChannel = weight.data.length / channels;
  const values = weight.data as Float32Array;
  const channelOf = axis === 0 ? (at: number) => Math.floor(at / perChannel) : (at: number) => at % channels;
  const largest = new Float32Array(channels);
  for (let at = 0; at < values.length; at++) {
    const channel = channelOf(at);
    largest[channel] = Math.max(largest[channel]!, Math.abs(values[at]!));
  }
  // A channel without weights only fills up (lanes.ts); any scale will do. With weights next to nothing, the offset is what
  // has to fit: in their own scale it would be more than 32 bits hold.
  const bias = inputs[2] ? (constants.get(inputs[2])!.data as Float32Array) : null;
  const scale = largest.map((value, channel) =>
    Math.max((value || 1) / 127, Math.abs(bias?.[channel] ?? 0) / inputScale / LARGEST_OFFSET),
  );
  const bytes = new Int8Array(values.length);
  for (let at = 0; at < values.length; at++) bytes[at] = Math.round(values[at]! / scale[channelOf(at)]!);

  const along = { axis: int(axis) };
  constants.set(`${name}/weight/q`, { type: "int8", dims: weight.dims, data: bytes });
  constants.set(`${name}/weight/scale`, { type: "float32", dims: [channels], data: scale });
  constants.set(`${name}/weight/zero`, { type: "int8", dims: [channels], data: new Int8Array(channels) });
  const weights = `${name}/weight/8bit`;
  const nodes = [
    node(
      "DequantizeLinear",
      [`${name}/weight/q`, `${name}/weight/scale`, `${name}/weight/zero`],
      [weights],
      along,
    ),
  ];
  if (!bias) return { nodes, inputs: [weights] };

  // Whole numbers of the product's own scale, as the sums are that it is added to.
  const biasScale = scale.map((value) => value * inputScale);
  constants.set(`${name}/bias/q`, {
    type: "int32",
    dims: [channels],
    data: Int32Array.from(bias, (value, channel) => Math.round(value / biasScale[channel]!)),
  });
  constants.set(`${name}/bias/scale`, { type: "float32", dims: [channels], data: biasScale });
  const back = `${name}/bias/32bit`;
  nodes.push(node("DequantizeLinear", [`${name}/bias/q`, `${name}/bias/scale`], [back], { axis: int(0) }));
  return { nodes, inputs: [weights, back] };
}
