import { type Graph, type Node, readers } from "./graph.ts";

/** What of a network is done in eight bits. Values and nodes go by the name of the value, or the node's first output. */
export interface Plan {
  /** Nodes that reckon in eight bits. */
  readonly quantised: ReadonlySet<string>;
  /** Values that are held in eight bits, each with the name of the group whose scale it shares. */
  readonly groups: ReadonlyMap<string, string>;
}

/** Reckon with weights that are known: nearly all of a network's work. */
const HEAVY = ["Conv", "Gemm"];
/** Reckons with two values; worth it only between nodes that are quantised too. */
const LIGHT = ["Add"];
/** Only move numbers about, or pick the largest: the same in eight bits, as long as one scale serves on both sides. */
export const MOVERS = [
  "Reshape",
  "Transpose",
  "Concat",
  "Split",
  "Slice",
  "Flatten",
  "Squeeze",
  "Unsqueeze",
  "MaxPool",
];
/** Clip at a bound that eight bits end at anyway: part of the node before. */
const CLIPS = ["Relu", "Clip"];

/** Every node that could be quantised, heaviest kind only: what sensitivity is measured of. */
export const layersOf = (graph: Graph): string[] =>
  graph.nodes.filter((each) => isHeavy(graph, each)).map(({ outputs }) => outputs[0]!);

const isHeavy = ({ constants }: Graph, { op, inputs }: Node) =>
  HEAVY.includes(op) && constants.has(inputs[1]!) && (!inputs[2] || constants.has(inputs[2]));

/**
 * Says which nodes reckon in eight bits and which values are held in them, when the layers in `kept` stay in float.
 * Values that a mover connects share one scale, so that moving costs nothing and loses nothing.
 */
export function planFor(graph: Graph, kept: ReadonlySet<string>): Plan {
  const users = readers(graph);
  const given = new Set(graph.outputs.map(({ name }) => name));
  /** Where a layer's numbers are taken: after the clipping that follows it, if that alone reads them. */
  const resultOf = (each: Node): string => {
    const [output] = each.outputs as [string];
    const next = users.get(output) ?? [];
    return next.length === 1 && CLIPS.includes(next[0]!.op) && !given.has(output)
      ? next[0]!.outputs[0]!
      : output;
  };

  const quantised = new Set(
    graph.nodes
      .filter((each) => isHeavy(graph, each) && !kept.has(each.outputs[0]!))
      .map(({ outputs }) => outputs[0]!),
  );
  const held = new Set<string>();
  for (const each of graph.nodes) {
    if (!quantised.has(each.outputs[0]!)) continue;
    held.add(each.inputs[0]!);
    // A matrix product may give floats, and at a network's end it had better.
    const result = resultOf(each);
    if (each.op !== "Gemm" || (users.get(result) ?? []).some(({ outputs }) => quantised.has(outputs[0]!)))
      held.add(result);
  }
  spread(graph, held, quantised);
  return { quantised, groups: groupsOf(graph, held, quantised) };
}

/** Holds in eight bits what lies between layers too: what moves values, or adds them, on their way from one to another. */
function spread(graph: Graph, held: Set<string>, quantised: Set<string>): void {
  const between = (each: Node) => MOVERS.includes(each.op) || LIGHT.includes(each.op);
  const valuesOf = ({ inputs }: Node) => inputs.filter((name) => name !== "" && !graph.constants.has(name));
  const wanted = new Set(held);
  for (const each of [...graph.nodes].reverse()) {
    if (between(each) && each.outputs.some((name) => wanted.has(name)))
      for (const name of valuesOf(each)) wanted.add(name);
  }
  for (const each of graph.nodes) {
    if (!between(each) || !each.outputs.some((name) => wanted.has(name))) continue;
    const values = valuesOf(each);
    if (!values.every((name) => held.has(name)) || (LIGHT.includes(each.op) && values.length < 2)) continue;
    quantised.add(each.outputs[0]!);
    for (const name of each.outputs) held.add(name);
  }
}

/** Which values share a scale: those that a mover connects, however many movers lie between. */
function groupsOf(graph: Graph, held: Set<string>, quantised: Set<string>): Map<string, string> {
  const leader = new Map<string, string>([...held].map((name) => [name, name]));
  const find = (name: string): string => {
    const next = leader.get(name)!;
    return next === name ? name : find(next);
  };
  for (const each of graph.nodes) {
    if (!MOVERS.includes(each.op) || !quantised.has(each.outputs[0]!)) continue;
    const together = [...each.inputs, ...each.outputs].filter((name) => held.has(name));
    for (const name of together.slice(1)) leader.set(find(name), find(together[0]!));
  }
  return new Map([...held].map((name) => [name, find(name)]));
}
