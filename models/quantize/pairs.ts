import { CENTRED, PICTURES, PLANES } from "./bytes.ts";
import {
  type Graph,
  int64,
  ints,
  intsOf,
  type Node,
  node,
  readers,
  renamedInputs,
  type Tensor,
  withoutUnused,
} from "./graph.ts";

/** So many results side by side are worked out at once; with four, the zeros among the weights cost what copying saves. */
const TOGETHER = 2;

/**
 * Has the first convolution work out two neighbours at once. ONNX Runtime's eight-bit convolution gathers what each result
 * is made of before it multiplies (im2col), and of a picture with three colours that takes longer than the sums. What a
 * few pixels in a row hold are the same bytes as one pixel with so many more colours, and two results side by side the
 * same as one with twice the channels; so nothing is moved, there are half as many results to gather for, and the weights
 * are filled up with zeros. Exact but for the order of sums.
 *
 * @param graph one whose colours have a common mean, or none (`withCommonMean`)
 * @param kept layers that stay in float, which gain nothing by it
 */
export function inPairs(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  const users = readers(graph);
  const [first, ...others] = users.get(CENTRED) ?? [];
  const layout = first && others.length === 0 && !kept.has(first.outputs[0]!) ? layoutOf(first, graph) : null;
  if (!first || !layout) return graph;
  const { block, padding, stride, blocks, size } = layout;
  const [, weight, bias] = first.inputs as [string, string, string?];
  const [clip, ...more] = users.get(first.outputs[0]!) ?? [];
  // What follows a layer and is part of it (plan.ts) stays next to it.
  const last = clip?.op === "Relu" && more.length === 0 ? clip : first;
  const result = last.outputs[0]!;
  if (graph.outputs.some(({ name }) => name === result || name === first.outputs[0])) return graph;

  const constants = new Map(graph.constants);
  constants.set(`${result}/pairs/weight`, pairedWeights(constants.get(weight)!, layout));
  constants.set("pictures/blocks/size", int64([0, size.height, size.width / block, 3 * block]));
  constants.set(`${result}/single/size`, int64([0, size.rows, size.columns, size.channels]));
  if (bias) constants.set(`${result}/pairs/bias`, repeated(constants.get(bias)!));
  const inputs = [CENTRED, `${result}/pairs/weight`, ...(bias ? [`${result}/pairs/bias`] : [])];
  const attributes = {
    ...first.attributes,
    kernel_shape: ints([intsOf(first, "kernel_shape")[0]!, blocks]),
    strides: ints([stride, 1]),
    pads: ints(padding),
  };
  const single = [
    node("Transpose", [result], [`${result}/rows`], { perm: ints([0, 2, 3, 1]) }),
    node("Reshape", [`${result}/rows`, `${result}/single/size`], [`${result}/single`]),
    node("Transpose", [`${result}/single`], [`${result}/planes`], { perm: ints([0, 3, 1, 2]) }),
  ];
  const nodes = renamedInputs(graph.nodes, new Map([[result, `${result}/planes`]])).flatMap(
    (each, at): Node[] => {
      const own = graph.nodes[at]!;
      const now = own === first ? { ...each, inputs, attributes } : each;
      if (own === last) return [now, ...single];
      if (own.outputs[0] !== PLANES) return [now];
      const blocked = node("Reshape", [PICTURES, "pictures/blocks/size"], ["pictures/blocks"]);
      return [blocked, { ...now, inputs: ["pictures/blocks"] }];
    },
  );
  return withoutUnused({ ...graph, nodes, constants });
}

interface Layout {
  /** Pixels in a row that are taken for one: what two results are apart from the next two. */
  readonly block: number;
  /** Down the picture; across it the stride is one block. */
  readonly stride: number;
  /** Blocks that two results are made of. */
  readonly blocks: number;
  /** Pixels from where these begin to what the first result is made of, and from there to what the second is. */
  readonly offset: number;
  readonly step: number;
  /** Top, left, bottom, right, in rows and blocks. */
  readonly padding: readonly [number, number, number, number];
  /** Of the pictures, and of the result. */
  readonly size: Readonly<Record<"height" | "width" | "rows" | "columns" | "channels", number>>;
}

/** How a convolution reaches over blocks; null for one that cannot be done in pairs. */
function layoutOf(each: Node, { inputs: [pictures], constants }: Graph): Layout | null {
  const weight = constants.get(each.inputs[1] ?? "");
  const [, height, width] = pictures!.shape as readonly number[];
  const plain =
    each.op === "Conv" &&
    (each.attributes.group?.value ?? 1) === 1 &&
    intsOf(each, "dilations", [1]).every((size) => size === 1) &&
    !each.attributes.auto_pad;
  if (!plain || weight?.dims[1] !== 3 || (each.inputs[2] && !constants.has(each.inputs[2]))) return null;
  const [channels, , down, across] = weight.dims as [number, number, number, number];
  const [stride, step] = intsOf(each, "strides", [1, 1]) as [number, number];
  const [top, left, bottom, right] = intsOf(each, "pads", [0, 0, 0, 0]) as [number, number, number, number];
  const rows = Math.floor((height! + top + bottom - down) / stride) + 1;
  const columns = Math.floor((width! + left + right - across) / step) + 1;
  const block = TOGETHER * step;
  const start = Math.floor(-left / block);
  const blocks = Math.floor(((TOGETHER - 1) * step + across - 1 - left) / block) - start + 1;
  // So much padding at the right that there are as many pairs as there have to be.
  const end = columns / TOGETHER - 1 + blocks - width! / block + start;
  if (across === 1 || width! % block !== 0 || columns % TOGETHER !== 0 || end < 0) return null;
  return {
    ...{ block, stride, step, blocks, offset: -left - start * block },
    padding: [top, -start, bottom, end],
    size: { height: height!, width: width!, rows, columns, channels },
  };
}

/** A convolution's weights, out×3×h×w, as those of two results over blocks: 2·out × 3·block × h × blocks. */
function pairedWeights({ dims, data }: Tensor, { block, blocks, offset, step }: Layout): Tensor {
  const [out, , down, across] = dims as [number, number, number, number];
  const target = new Float32Array(TOGETHER * out * 3 * block * down * blocks);
  for (const [at, value] of (data as Float32Array).entries()) {
    const [row, colour] = [Math.floor(at / (3 * down * across)), Math.floor(at / (down * across)) % 3];
    const [y, x] = [Math.floor(at / across) % down, at % across];
    for (let which = 0; which < TOGETHER; which++) {
      const pixel = offset + which * step + x;
      const channel = 3 * (pixel % block) + colour;
      const place = ((which * out + row) * 3 * block + channel) * down + y;
      target[place * blocks + Math.floor(pixel / block)] = value;
    }
  }
  return { type: "float32", dims: [TOGETHER * out, 3 * block, down, blocks], data: target };
}

function repeated({ dims, data }: Tensor): Tensor {
  const twice = Float32Array.from({ length: TOGETHER * data.length }, (_, at) =>
    Number(data[at % data.length]),
  );
  return { type: "float32", dims: [TOGETHER * dims[0]!], data: twice };
}
