/**
 * A network as something to be edited: nodes in the order in which they run, and the constants they use. Plain data;
 * every step of the quantiser takes a graph and gives another.
 */
export interface Graph {
  readonly name: string;
  /** Version of ONNX's standard operators that the nodes are written in. */
  readonly opset: number;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Topologically sorted, as ONNX requires it. */
  readonly nodes: readonly Node[];
  /** Weights and other values that are known beforehand, by name. */
  readonly constants: ReadonlyMap<string, Tensor>;
}

export interface Node {
  readonly op: string;
  /** Empty for ONNX's standard operators. */
  readonly domain?: string;
  readonly name?: string;
  /** Names of values; an empty one stands for an optional input that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
}

export type Attribute =
  | { readonly kind: "int" | "float"; readonly value: number }
  | { readonly kind: "ints" | "floats"; readonly value: readonly number[] }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "tensor"; readonly value: Tensor };

/** An input or output of the network. */
export interface Value {
  readonly name: string;
  /** Null: what it turns out to be. Only inner values that are looked at may be so. */
  readonly type: ElementType | null;
  /** A name stands for a size that is known only when the network runs. Null: not even the number of axes is known. */
  readonly shape: readonly (number | string)[] | null;
}

export type ElementType = keyof typeof ARRAYS;

/** How the numbers of each type lie in memory. float16 and bool have no array of their own in JavaScript. */
export const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
  int32: Int32Array,
  int64: BigInt64Array,
} as const;

type Numbers =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int32Array
  | BigInt64Array;

export interface Tensor {
  readonly type: ElementType;
  /** Empty for a single number. */
  readonly dims: readonly number[];
  readonly data: Numbers;
}

export const float32 = (dims: readonly number[], data: ArrayLike<number>): Tensor => ({
  type: "float32",
  dims,
  data: Float32Array.from(data),
});

export const int64 = (values: readonly number[]): Tensor => ({
  type: "int64",
  dims: [values.length],
  // "Up to the end" is written as the largest int64, which a JavaScript number rounds up beyond it.
  data: BigInt64Array.from(values, (value) => (value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value))),
});

/** A tensor's values as ordinary numbers (not for float16). */
export const numbersOf = ({ data }: Tensor): number[] =>
  Array.from(data as ArrayLike<number | bigint>, Number);

export const int = (value: number): Attribute => ({ kind: "int", value });
export const ints = (value: readonly number[]): Attribute => ({ kind: "ints", value });
export const text = (value: string): Attribute => ({ kind: "string", value });

export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Node["attributes"] = {},
): Node {
  return { op, inputs, outputs, attributes };
}

/** The attribute's whole numbers, or what they are when it is left out. */
export function intsOf(
  { attributes }: Node,
  name: string,
  otherwise: readonly number[] = [],
): readonly number[] {
  const attribute = attributes[name];
  if (attribute?.kind === "ints") return attribute.value;
  if (attribute?.kind === "int") return [attribute.value];
  return otherwise;
}

/** Which nodes read a value; the network's own outputs are not among them. */
export function readers(graph: Graph): Map<string, Node[]> {
  const found = new Map<string, Node[]>();
  for (const each of graph.nodes) {
    for (const input of each.inputs) {
      const list = found.get(input);
      if (list) list.push(each);
      else found.set(input, [each]);
    }
  }
  return found;
}

/** Drops nodes whose results nobody uses, and constants that nobody reads. */
export function withoutUnused(graph: Graph): Graph {
  const wanted = new Set(graph.outputs.map(({ name }) => name));
  const nodes = [...graph.nodes]
    .reverse()
    .filter((each) => {
      if (!each.outputs.some((output) => wanted.has(output))) return false;
      for (const input of each.inputs) wanted.add(input);
      return true;
    })
    .reverse();
  return { ...graph, nodes, constants: new Map([...graph.constants].filter(([name]) => wanted.has(name))) };
}

/** Reads another value wherever a node reads one that has gone. */
export function renamedInputs(nodes: readonly Node[], renamed: ReadonlyMap<string, string>): Node[] {
  const now = (name: string): string => (renamed.has(name) ? now(renamed.get(name)!) : name);
  return nodes.map((each) => ({ ...each, inputs: each.inputs.map(now) }));
}
