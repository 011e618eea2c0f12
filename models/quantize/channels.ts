import {
  type Graph,
  int,
  int64,
  intsOf,
  type Node,
  node,
  readers,
  type Tensor,
  withoutUnused,
} from "./graph.ts";

/** Where a channel really comes from: the value that was reckoned, and which of its channels. */
interface Origin {
  readonly value: string;
  readonly channel: number;
}

/** What a layer reads, channel by channel, and whether it mixes the channels or takes each for itself. */
interface Reading {
  readonly origins: readonly Origin[];
  readonly kind: "mixing" | "depthwise";
}

/**
 * Does away with channel shuffles (ShuffleNet, arXiv 1707.01083), which reckon nothing and take time. Every channel is
 * traced through concatenations, splits and shuffles to where it came from; the layers that read the result take those
 * channels in the order in which they lie in memory, and have their weights put into that order instead. Exact, but for
 * the order in which sums are added up. A network whose shuffles lead to anything but layers is left as it is.
 */
export function withoutShuffles(graph: Graph, shapeOf: (value: string) => readonly number[]): Graph {
  const shuffles = findShuffles(graph, shapeOf);
  if (shuffles.size === 0) return graph;
  const traced = new Map<string, readonly Origin[]>();
  const originsOf = (value: string): readonly Origin[] =>
    traced.get(value) ?? Array.from({ length: shapeOf(value)[1]! }, (_, channel) => ({ value, channel }));
  const readings = new Map<Node, Reading>();
  for (const each of graph.nodes) {
    const parts = moved(each, shuffles, originsOf, shapeOf);
    if (parts) for (const [index, name] of each.outputs.entries()) traced.set(name, parts[index]!);
    else if (each.inputs.some((name) => traced.has(name))) {
      const kind = kindOf(each, graph);
      if (kind === null) return graph;
      const origins = originsOf(each.inputs[0]!);
      readings.set(each, { origins, kind });
      const lying = laidOut(origins);
      const value = each.outputs[0]!;
      // Each channel for itself: what comes out lies as what went in.
      if (kind === "depthwise")
        traced.set(
          value,
          origins.map((origin) => ({ value, channel: lying.indexOf(origin) })),
        );
    }
  }
  if (graph.outputs.some(({ name }) => traced.has(name))) return graph;
  return rewritten(graph, readings, new Set(shuffles.keys()), shapeOf);
}

/** The three nodes of each shuffle (into groups, groups and members swapped, and back), the last with its groups. */
function findShuffles(graph: Graph, shapeOf: (value: string) => readonly number[]): Map<Node, number> {
  const users = readers(graph);
  const onlyUser = (each: Node | undefined) => {
    const list = users.get(each?.outputs[0] ?? "") ?? [];
    return list.length === 1 ? list[0] : undefined;
  };
  const found = new Map<Node, number>();
  for (const first of graph.nodes) {
    const swap = first.op === "Reshape" ? onlyUser(first) : undefined;
    const last = swap?.op === "Transpose" ? onlyUser(swap) : undefined;
    if (last?.op !== "Reshape" || intsOf(swap!, "perm").join() !== "0,2,1,3,4") continue;
    const [before, after] = [shapeOf(first.inputs[0]!), shapeOf(last.outputs[0]!)];
    if (before.length !== 4 || before.join() !== after.join()) continue;
    found.set(first, 1).set(swap!, 1).set(last, shapeOf(first.outputs[0]!)[1]!);
  }
  return found;
}

/** What the outputs of a node that only moves channels are made of; null for any other node. */
function moved(
  each: Node,
  shuffles: ReadonlyMap<Node, number>,
  originsOf: (value: string) => readonly Origin[],
  shapeOf: (value: string) => readonly number[],
): (readonly Origin[])[] | null {
  const alongChannels = each.attributes.axis?.value === 1 && shapeOf(each.inputs[0]!).length === 4;
  if (each.op === "Concat" && alongChannels) return [each.inputs.flatMap(originsOf)];
  if (each.op === "Split" && alongChannels) {
    const input = originsOf(each.inputs[0]!);
    let end = 0;
    return each.outputs.map((name) => {
      end += shapeOf(name)[1]!;
      return input.slice(end - shapeOf(name)[1]!, end);
    });
  }
  const groups = shuffles.get(each);
  if (groups === undefined) return null;
  const input = originsOf(each.inputs[0]!);
  const members = input.length / groups;
  return [input.map((_, at) => input[(at % groups) * members + Math.floor(at / groups)]!)];
}

function kindOf({ op, inputs, attributes }: Node, { constants }: Graph): Reading["kind"] | null {
  const weight = constants.get(inputs[1] ?? "");
  if (op !== "Conv" || !weight || (inputs[2] && !constants.has(inputs[2]))) return null;
  const groups = attributes.group?.value ?? 1;
  if (groups === 1) return "mixing";
  return groups === weight.dims[0] && weight.dims[1] === 1 ? "depthwise" : null;
}

/** The channels in the order in which they lie in memory: value by value, as they first appear. */
function laidOut(origins: readonly Origin[]): Origin[] {
  const rank = new Map<string, number>();
  for (const { value } of origins) if (!rank.has(value)) rank.set(value, rank.size);
  return [...origins].sort((a, b) => rank.get(a.value)! - rank.get(b.value)! || a.channel - b.channel);
}

/** The graph with each reading made of pieces of what was reckoned, instead of what was moved about. */
function rewritten(
  graph: Graph,
  readings: ReadonlyMap<Node, Reading>,
  shuffles: ReadonlySet<Node>,
  shapeOf: (value: string) => readonly number[],
): Graph {
  const constants = new Map(graph.constants);
  const nodes: Node[] = [];
  const cuts = cutsOf(readings, shapeOf);
  const split = new Set<string>();
  const joined = new Map<string, string>();

  const piecesOf = (value: string): readonly string[] => {
    const from = cuts.get(value)!.slice(0, -1);
    if (from.length === 1) return [value];
    const names = from.map((start) => `${value}/from ${start}`);
    if (split.has(value)) return names;
    split.add(value);
    constants.set(`${value}/pieces`, int64(from.map((start, index) => cuts.get(value)![index + 1]! - start)));
    nodes.push(node("Split", [value, `${value}/pieces`], names, { axis: int(1) }));
    return names;
  };
  const gathered = (lying: readonly Origin[]): string => {
    const pieces = lying.flatMap(({ value, channel }) => {
      const index = cuts.get(value)!.indexOf(channel);
      return index === -1 ? [] : [piecesOf(value)[index]!];
    });
    if (pieces.length === 1) return pieces[0]!;
    const key = pieces.join("\n");
    const name = joined.get(key) ?? `channels/${joined.size}`;
    if (!joined.has(key)) nodes.push(node("Concat", pieces, [name], { axis: int(1) }));
    joined.set(key, name);
    return name;
  };

  for (const each of graph.nodes) {
    const reading = readings.get(each);
    if (shuffles.has(each)) continue;
    if (!reading) {
      nodes.push(each);
      continue;
    }
    const lying = laidOut(reading.origins);
    const order = lying.map((origin) => reading.origins.indexOf(origin));
    const inputs = each.inputs.slice(1).map((name) => {
      const tensor = constants.get(name)!;
      if (reading.kind === "mixing" && tensor.dims.length === 1) return name;
      constants.set(`${name}/laid out`, reordered(tensor, order, reading.kind === "mixing" ? 1 : 0));
      return `${name}/laid out`;
    });
    nodes.push({ ...each, inputs: [gathered(lying), ...inputs] });
  }
  return withoutUnused({ ...graph, nodes, constants });
}

/** Where each value has to be cut so that every reading is made of whole pieces; first 0, last the number of channels. */
function cutsOf(readings: ReadonlyMap<Node, Reading>, shapeOf: (value: string) => readonly number[]) {
  const cuts = new Map<string, Set<number>>();
  for (const { origins } of readings.values()) {
    const lying = laidOut(origins);
    for (const [at, { value, channel }] of lying.entries()) {
      const own = cuts.get(value) ?? new Set([0, shapeOf(value)[1]!]);
      cuts.set(value, own);
      const follows = (other: Origin | undefined, by: number) =>
        other?.value === value && other.channel === channel + by;
      if (!follows(lying[at - 1], -1)) own.add(channel);
      if (!follows(lying[at + 1], 1)) own.add(channel + 1);
    }
  }
  return new Map([...cuts].map(([value, at]) => [value, [...at].sort((a, b) => a - b)]));
}

/** The tensor with its entries along an axis in another order: the new n-th is the old `order[n]`-th. */
function reordered({ type, dims, data }: Tensor, order: readonly number[], axis: 0 | 1): Tensor {
  const inner = dims.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = axis === 0 ? 1 : dims[0]!;
  const old = data as Float32Array;
  const now = new Float32Array(old.length);
  for (let row = 0; row < outer; row++)
    for (const [to, from] of order.entries()) {
      const start = (row * order.length + from) * inner;
      now.set(old.subarray(start, start + inner), (row * order.length + to) * inner);
    }
  return { type, dims, data: now };
}
