import {
  type Graph,
  int,
  int64,
  type Node,
  numbersOf,
  readers,
  type Tensor,
  withoutUnused,
} from "./graph.ts";

/**
 * Kernels for vectors take this many channels at once (MLAS: sixteen floats of AVX-512, and its int8 convolutions on x64
 * refuse anything else); with others ONNX Runtime falls back to ones that are two to four times as slow.
 */
const LANES = 16;
/** What is padded must be worth it: a handful of channels would mostly be padding. */
const FEWEST = LANES + 1;

/** A value's channels as they lie: which channel of the original it is, or null for one that only fills up. */
type Lanes = readonly (number | null)[];

/**
 * Fills convolutions up to whole vectors: with channels that are always 0 and that nobody listens to. A little more work
 * on paper, and less of it in time. Only where everything behind is convolutions again, or passes channels on.
 */
export function inFullLanes(graph: Graph, shapeOf: (value: string) => readonly number[]): Graph {
  const constants = new Map(graph.constants);
  const lanes = new Map<string, Lanes>();
  /** The filling of a value that was split, by the names of its parts, for whoever puts parts together. */
  const spare = new Map<string, string>();
  const lanesOf = (value: string): Lanes =>
    lanes.get(value) ?? Array.from({ length: shapeOf(value)[1]! }, (_, at) => at);
  const mayFill = fillable(graph);

  const nodes = graph.nodes.flatMap((each): Node[] => {
    const [input, output] = [each.inputs[0]!, each.outputs[0]!];
    if (isLayer(each, graph)) {
      const weight = constants.get(each.inputs[1]!)!;
      const depthwise = isDepthwise(each, weight);
      const rows = depthwise ? lanesOf(input) : filled(weight.dims[0]!, mayFill(output));
      const columns = depthwise ? [0] : lanesOf(input);
      if (rows.length === weight.dims[0] && columns.length === weight.dims[1]) return [each];
      lanes.set(output, rows);
      const inputs = each.inputs.slice(1).map((name, which) => {
        const tensor = constants.get(name)!;
        const laid = which === 0 ? relaid(tensor, rows, columns) : relaid(tensor, rows, null);
        constants.set(`${output}/full ${which}`, laid);
        return `${output}/full ${which}`;
      });
      const attributes = depthwise ? { ...each.attributes, group: int(rows.length) } : each.attributes;
      return [{ ...each, inputs: [input, ...inputs], attributes }];
    }
    if (PASSING.includes(each.op) && lanes.has(input)) lanes.set(output, lanesOf(input));
    if (each.op === "Split" && lanes.has(input)) {
      const sizes = numbersOf(constants.get(each.inputs[1]!)!);
      const rest = lanesOf(input).length - shapeOf(input)[1]!;
      constants.set(`${input}/full pieces`, int64([...sizes, rest]));
      for (const part of each.outputs) spare.set(part, `${input}/filling`);
      lanes.set(`${input}/filling`, new Array(rest).fill(null));
      return [
        { ...each, inputs: [input, `${input}/full pieces`], outputs: [...each.outputs, `${input}/filling`] },
      ];
    }
    if (each.op === "Concat" && isAlongChannels(each)) {
      const inputs = toWholeVectors(each.inputs, (value) => lanesOf(value).length, spare);
      let before = 0;
      const joined = inputs.flatMap((value) => {
        const start = before;
        before += kept(lanesOf(value));
        return lanesOf(value).map((lane) => (lane === null ? null : lane + start));
      });
      if (joined.some((lane) => lane === null)) lanes.set(output, joined);
      return [{ ...each, inputs }];
    }
    return [each];
  });
  return withoutUnused({ ...graph, nodes, constants });
}

const PASSING = ["Relu", "MaxPool"];
const kept = (lanes: Lanes) => lanes.filter((lane) => lane !== null).length;
const isAlongChannels = ({ attributes }: Node) => attributes.axis?.value === 1;

const isLayer = ({ op, inputs, attributes, outputs }: Node, { constants }: Graph) => {
  const weight = op === "Conv" ? constants.get(inputs[1]!) : undefined;
  if (!weight || (inputs[2] && !constants.has(inputs[2])) || outputs.length !== 1) return false;
  return (attributes.group?.value ?? 1) === 1 || isDepthwise({ attributes } as Node, weight);
};

const isDepthwise = ({ attributes }: Node, { dims }: Tensor) =>
  (attributes.group?.value ?? 1) !== 1 && attributes.group?.value === dims[0] && dims[1] === 1;

function filled(channels: number, may: boolean): Lanes {
  const missing = may && channels >= FEWEST ? (LANES - (channels % LANES)) % LANES : 0;
  return [...Array.from({ length: channels }, (_, at) => at), ...new Array<null>(missing).fill(null)];
}

/** Parts to be put together, with as little of their values' filling as whole vectors take, if any of it does. */
function toWholeVectors(
  parts: readonly string[],
  lengthOf: (value: string) => number,
  spare: ReadonlyMap<string, string>,
): readonly string[] {
  const total = (values: readonly string[]) => values.reduce((sum, value) => sum + lengthOf(value), 0);
  const fillings = new Set(parts.flatMap((part) => spare.get(part) ?? []));
  let ways: (readonly string[])[] = [parts];
  for (const filling of fillings)
    ways = [...ways, ...ways.map((way) => [...way, filling])].slice(0, MOST_WAYS);
  const whole = ways.filter((way) => total(way) % LANES === 0);
  return whole.sort((a, b) => total(a) - total(b))[0] ?? parts;
}

/** Of so many ways to fill up one is good enough, however many parts there are. */
const MOST_WAYS = 1024;

/** Which values may carry channels that are nobody's: those that only layers read, or what passes channels on to them. */
function fillable(graph: Graph): (value: string) => boolean {
  const users = readers(graph);
  const given = new Set(graph.outputs.map(({ name }) => name));
  const known = new Map<string, boolean>();
  const may = (value: string): boolean => {
    const before = known.get(value);
    if (before !== undefined) return before;
    const can =
      !given.has(value) &&
      (users.get(value) ?? []).every((user) => {
        if (user.op === "Split") return isAlongChannels(user) && graph.constants.has(user.inputs[1] ?? "");
        if (user.op === "Concat") return isAlongChannels(user) && may(user.outputs[0]!);
        if (PASSING.includes(user.op)) return may(user.outputs[0]!);
        return (
          isLayer(user, graph) &&
          (!isDepthwise(user, graph.constants.get(user.inputs[1]!)!) || may(user.outputs[0]!))
        );
      });
    known.set(value, can);
    return can;
  };
  return may;
}

/** Weights for other rows and columns: zeros for those that only fill up. `columns` null: one number a row. */
function relaid({ dims, data }: Tensor, rows: Lanes, columns: Lanes | null): Tensor {
  const [, oldColumns = 1, ...kernel] = dims;
  const area = kernel.reduce((product, size) => product * size, 1);
  const wide = columns ?? [0];
  const now = new Float32Array(rows.length * wide.length * area);
  for (const [row, oldRow] of rows.entries()) {
    if (oldRow === null) continue;
    for (const [column, oldColumn] of wide.entries()) {
      if (oldColumn === null) continue;
      const from = (oldRow * oldColumns + oldColumn) * area;
      now.set((data as Float32Array).subarray(from, from + area), (row * wide.length + column) * area);
    }
  }
  return {
    type: "float32",
    dims: columns ? [rows.length, wide.length, ...kernel] : [rows.length],
    data: now,
  };
}
