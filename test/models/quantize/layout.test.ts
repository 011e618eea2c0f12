import { describe, expect, it } from "vitest";
import type { Manifest } from "../../../models/manifest.ts";
import { freeBatch } from "../../../models/quantize/batch.ts";
import { CENTRED, feedBytes, PICTURES, withCommonMean } from "../../../models/quantize/bytes.ts";
import { withoutShuffles } from "../../../models/quantize/channels.ts";
import { foldConstants, shapesOf } from "../../../models/quantize/fold.ts";
import {
  type Graph,
  int,
  int64,
  ints,
  type Node,
  node,
  type Tensor,
} from "../../../models/quantize/graph.ts";
import { inFullLanes } from "../../../models/quantize/lanes.ts";
import { foldNormalisation } from "../../../models/quantize/normalisation.ts";
import { apart, graphOf, numbers, random, run } from "./run.ts";

const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op);
const shapes = async (graph: Graph) => {
  const names = graph.nodes.flatMap(({ outputs }) => outputs);
  const found = await shapesOf(graph, ["x", ...names]);
  return (name: string) => found.get(name)!;
};

/** Two units of a shuffle network, small: split, convolve one half, put together, shuffle; a convolution of all at the end. */
function shuffling(half: number): { graph: Graph; shape: number[] } {
  const constants: Record<string, Tensor> = {
    groups: int64([1, 2, half, 6, 6]),
    flat: int64([1, 2 * half, 6, 6]),
    halves: int64([half, half]),
  };
  const nodes: Node[] = [];
  const conv = (input: string, output: string, from: number, to: number, kernel: number, group = 1) => {
    constants[`${output}w`] = random([to, from / group, kernel, kernel], nodes.length + 2);
    constants[`${output}b`] = random([to], nodes.length + 3);
    const pads = ints(kernel === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0]);
    const attributes = { kernel_shape: ints([kernel, kernel]), pads, group: int(group) };
    nodes.push(node("Conv", [input, `${output}w`, `${output}b`], [output], attributes));
  };
  conv("x", "first", 3, 2 * half, 3);
  let before = "first";
  for (const unit of ["one", "two"]) {
    nodes.push(node("Split", [before, "halves"], [`${unit}/kept`, `${unit}/in`], { axis: int(1) }));
    conv(`${unit}/in`, `${unit}/a`, half, half, 1);
    nodes.push(node("Relu", [`${unit}/a`], [`${unit}/b`]));
    conv(`${unit}/b`, `${unit}/c`, half, half, 3, half);
    conv(`${unit}/c`, `${unit}/d`, half, half, 1);
    nodes.push(node("Relu", [`${unit}/d`], [`${unit}/e`]));
    nodes.push(
      node("Concat", [`${unit}/kept`, `${unit}/e`], [`${unit}/both`], { axis: int(1) }),
      node("Reshape", [`${unit}/both`, "groups"], [`${unit}/grouped`]),
      node("Transpose", [`${unit}/grouped`], [`${unit}/swapped`], { perm: ints([0, 2, 1, 3, 4]) }),
      node("Reshape", [`${unit}/swapped`, "flat"], [unit]),
    );
    before = unit;
  }
  conv("two", "each", 2 * half, 2 * half, 3, 2 * half);
  conv("each", "y", 2 * half, 5, 1);
  return { graph: graphOf(13, [1, 3, 6, 6], nodes, constants), shape: [1, 3, 6, 6] };
}

describe("channels of a network", () => {
  it("are taken as they lie instead of being shuffled, and mean the same", async () => {
    const { graph, shape } = shuffling(10);
    const plain = withoutShuffles(graph, await shapes(graph));
    expect(opsOf(graph).filter((op) => op === "Transpose")).toHaveLength(2);
    expect(opsOf(plain)).not.toContain("Transpose");
    expect(opsOf(plain)).not.toContain("Reshape");
    const [before, after] = [await run(graph, numbers(108), shape), await run(plain, numbers(108), shape)];
    expect(after.shape).toEqual(before.shape);
    expect(apart(after.values, before.values)).toBeLessThan(1e-3 * Math.max(...before.values.map(Math.abs)));
  });

  it("stay as they are where a shuffle leads out of the network", async () => {
    const { graph } = shuffling(10);
    const outputs = [{ name: "two", type: "float32" as const, shape: null }];
    const open = { ...graph, outputs };
    expect(withoutShuffles(open, await shapes(open))).toBe(open);
  });

  it("are filled up to whole vectors where only layers see it, and mean the same", async () => {
    const { graph, shape } = shuffling(26);
    const plain = withoutShuffles(graph, await shapes(graph));
    const full = inFullLanes(plain, await shapes(plain));
    const channels = full.nodes
      .filter(({ op, outputs }) => op === "Conv" && outputs[0] !== "y")
      .map(({ inputs }) => full.constants.get(inputs[1]!)!.dims[0]!);
    expect(channels.filter((count) => count % 16 !== 0)).toEqual([]);
    expect(full.constants.get(full.nodes.at(-1)!.inputs[1]!)!.dims[0]).toBe(5);
    const [before, after] = [await run(graph, numbers(108), shape), await run(full, numbers(108), shape)];
    expect(after.shape).toEqual(before.shape);
    expect(apart(after.values, before.values)).toBeLessThan(1e-3 * Math.max(...before.values.map(Math.abs)));
  });
});

describe("channels that are put together twice", () => {
  it("are filled up, and mean the same", async () => {
    const pads = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) };
    const nodes = [
      node("Conv", ["x", "w"], ["a"], pads),
      node("Concat", ["a", "a"], ["twice"], { axis: int(1) }),
      node("Conv", ["twice", "v"], ["y"], pads),
    ];
    const constants = { w: random([20, 3, 3, 3], 1), v: random([4, 40, 3, 3], 2) };
    const graph = graphOf(13, [1, 3, 6, 6], nodes, constants);
    const full = inFullLanes(graph, await shapes(graph));
    expect(full.constants.get(full.nodes[0]!.inputs[1]!)!.dims[0]).toBe(32);
    const [before, after] = await Promise.all(
      [graph, full].map((each) => run(each, numbers(108), [1, 3, 6, 6])),
    );
    expect(apart(after!.values, before!.values)).toBeLessThan(1e-4);
  });
});

describe("folding", () => {
  const statistics = (channels: number): Record<string, Tensor> => ({
    gamma: random([channels], 11),
    beta: random([channels], 12),
    mean: random([channels], 13),
    variance: { ...random([channels], 14), data: numbers(channels, 14).map((value) => value ** 2 + 0.1) },
  });
  const normalised = (input: string) =>
    node("BatchNormalization", [input, "gamma", "beta", "mean", "variance"], ["y"]);

  it("takes a batch norm into the convolution before it", async () => {
    const constants = { w: random([4, 3, 3, 3], 2), ...statistics(4) };
    const graph = graphOf(13, [1, 3, 5, 5], [node("Conv", ["x", "w"], ["c"]), normalised("c")], constants);
    const folded = foldNormalisation(graph);
    expect(opsOf(folded)).toEqual(["Conv"]);
    const [before, after] = [
      await run(graph, numbers(75), [1, 3, 5, 5]),
      await run(folded, numbers(75), [1, 3, 5, 5]),
    ];
    expect(apart(after.values, before.values)).toBeLessThan(1e-4);
  });

  it.each([0, 1])(
    "takes a batch norm into the product before it, its weights transposed: %i",
    async (transB) => {
      const constants = { w: random(transB ? [4, 6] : [6, 4], 2), b: random([4], 3), ...statistics(4) };
      const product = node("Gemm", ["x", "w", "b"], ["c"], { transB: int(transB) });
      const graph = graphOf(13, [2, 6], [product, normalised("c")], constants);
      const folded = foldNormalisation(graph);
      expect(opsOf(folded)).toEqual(["Gemm"]);
      const [before, after] = [await run(graph, numbers(12), [2, 6]), await run(folded, numbers(12), [2, 6])];
      expect(apart(after.values, before.values)).toBeLessThan(1e-4);
    },
  );

  it("leaves a batch norm alone whose input is read by others, too", () => {
    const constants = { w: random([4, 3, 3, 3], 2), ...statistics(4) };
    const alone = { ...normalised("c"), outputs: ["n"] };
    const nodes = [node("Conv", ["x", "w"], ["c"]), alone, node("Add", ["n", "c"], ["y"])];
    const graph = graphOf(13, [1, 3, 5, 5], nodes, constants);
    expect(opsOf(foldNormalisation(graph))).toEqual(["Conv", "BatchNormalization", "Add"]);
  });

  it("works out shapes beforehand, and then takes any number of pictures", async () => {
    const graph = graphOf(
      13,
      [1, 2, 4, 4],
      [
        node("Shape", ["x"], ["shape"]),
        node("Gather", ["shape", "zero"], ["pictures"], { axis: int(0) }),
        node("Unsqueeze", ["pictures", "axes"], ["first"]),
        node("Concat", ["first", "rest"], ["target"], { axis: int(0) }),
        node("Reshape", ["x", "target"], ["y"]),
      ],
      {
        zero: { type: "int64", dims: [], data: BigInt64Array.of(0n) },
        axes: int64([0]),
        rest: int64([-1]),
      },
    );
    const folded = freeBatch(await foldConstants(graph));
    expect(opsOf(folded)).toEqual(["Reshape"]);
    const { shape, values } = await run(folded, numbers(96), [3, 2, 4, 4]);
    expect(shape).toEqual([3, 32]);
    expect(values).toEqual([...numbers(96)]);
  });
});

describe("any number of pictures", () => {
  it("goes through a shape in which 0 was to mean none at all", async () => {
    const reshape = node("Reshape", ["x", "flat"], ["y"], { allowzero: int(1) });
    const graph = { ...graphOf(14, [1, 2, 3], [reshape], { flat: int64([1, 6]) }) };
    const { shape } = await run(freeBatch(graph), numbers(24), [4, 2, 3]);
    expect(shape).toEqual([4, 6]);
  });
});

describe("pictures as bytes", () => {
  const bytes = Uint8Array.from({ length: 4 * 4 * 3 }, (_, at) => (at * 37) % 256);
  const inputs: Manifest["models"]["pose"]["input"][] = [
    { name: "x", width: 4, height: 4, channels: "rgb", mean: [123, 116.5, 103], std: [58, 57, 56] },
    { name: "x", width: 4, height: 4, channels: "bgr", mean: [103, 116.5, 123], std: [56, 57, 58] },
    { name: "x", width: 4, height: 4, channels: "grey", mean: [20], std: [255] },
  ];
  /** What the network was fed before: planes of numbers. */
  const fed = ({ channels, mean, std }: (typeof inputs)[number]) => {
    const mix = {
      rgb: [
        [1, 0, 0],
        [0, 1, 0],
        [0, 0, 1],
      ],
      bgr: [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
      grey: [[0.299, 0.587, 0.114]],
    };
    return Float32Array.from(
      mix[channels].flatMap((parts, plane) =>
        Array.from({ length: 16 }, (_, at) => {
          const value = parts.reduce((sum, part, colour) => sum + part * bytes[at * 3 + colour]!, 0);
          return (value - mean[plane]!) / std[plane]!;
        }),
      ),
    );
  };

  for (const input of inputs) {
    const planes = input.channels === "grey" ? 1 : 3;
    const convolved = graphOf(
      13,
      [1, planes, 4, 4],
      [node("Conv", ["x", "w"], ["y"], { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) })],
      { w: random([2, planes, 3, 3], 5) },
    );

    it(`give a first convolution what planes of numbers gave it: ${input.channels}`, async () => {
      const before = await run(convolved, fed(input), [1, planes, 4, 4]);
      const graph = feedBytes(convolved, input);
      expect(graph.nodes.filter(({ op }) => op === "Conv")).toHaveLength(1);
      const after = await run(graph, bytes, [1, 4, 4, 3]);
      expect(apart(after.values, before.values)).toBeLessThan(1e-4);
    });

    it(`give anything else what planes of numbers gave it: ${input.channels}`, async () => {
      const graph = graphOf(13, [1, planes, 4, 4], [node("Relu", ["x"], ["y"])]);
      const before = await run(graph, fed(input), [1, planes, 4, 4]);
      const after = await run(feedBytes(graph, input), bytes, [1, 4, 4, 3]);
      expect(after.shape).toEqual(before.shape);
      expect(apart(after.values, before.values)).toBeLessThan(1e-4);
    });

    it(`lose one whole number instead of their means, and mean the same inside: ${input.channels}`, async () => {
      const graph = feedBytes(convolved, input);
      const { graph: common, mean } = withCommonMean(graph);
      expect(Number.isInteger(mean)).toBe(true);
      expect(common.nodes.some(({ inputs }) => inputs.includes(CENTRED))).toBe(true);
      expect(common.inputs[0]!.name).toBe(PICTURES);
      const [before, after] = [await run(graph, bytes, [1, 4, 4, 3]), await run(common, bytes, [1, 4, 4, 3])];
      // Pixels 5, 6, 9 and 10 of 16 see no padding.
      const inside = (values: readonly number[]) => values.filter((_, at) => [5, 6, 9, 10].includes(at % 16));
      expect(apart(inside(after.values), inside(before.values))).toBeLessThan(1e-4);
    });
  }
});
