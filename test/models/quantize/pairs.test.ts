import { describe, expect, it } from "vitest";
import { freeBatch } from "../../../models/quantize/batch.ts";
import { feedBytes, withCommonMean } from "../../../models/quantize/bytes.ts";
import { type Graph, ints, node } from "../../../models/quantize/graph.ts";
import { inPairs } from "../../../models/quantize/pairs.ts";
import { apart, graphOf, numbers, random, run } from "./run.ts";

interface First {
  readonly kernel: readonly [number, number];
  readonly stride: number;
  /** Top, left, bottom, right. */
  readonly pads: readonly [number, number, number, number];
  readonly width: number;
}
const HEIGHT = 8;

/** A first convolution with a Relu and another behind it, fed with bytes. */
function fed({ kernel, stride, pads, width }: First, bias = true): Graph {
  const graph = graphOf(
    13,
    [1, 3, HEIGHT, width],
    [
      node("Conv", bias ? ["x", "w", "b"] : ["x", "w"], ["first"], {
        kernel_shape: ints(kernel),
        strides: ints([stride, stride]),
        pads: ints(pads),
      }),
      node("Relu", ["first"], ["clipped"]),
      node("Conv", ["clipped", "v"], ["y"]),
    ],
    { w: random([5, 3, ...kernel], 1), b: random([5], 2), v: random([2, 5, 1, 1], 3) },
  );
  const mean = [123, 116, 103];
  const input = { name: "x", width, height: HEIGHT, channels: "rgb" as const, mean, std: [58, 57, 56] };
  return withCommonMean(feedBytes(freeBatch(graph), input)).graph;
}

const bytesOf = (pictures: number, width: number) =>
  Uint8Array.from(numbers(pictures * HEIGHT * width * 3, 7), (value) => 128 + 127 * value);
const weightsOf = (graph: Graph) =>
  graph.nodes.flatMap(({ op, inputs }) => (op === "Conv" ? [graph.constants.get(inputs[1]!)!.dims] : []));

const usual: First = { kernel: [3, 3], stride: 2, pads: [1, 1, 1, 1], width: 16 };

describe("a first convolution in pairs", () => {
  it.each<[string, First, boolean?]>([
    ["with padding and a stride", usual],
    ["without a bias", usual, false],
    ["without either", { kernel: [3, 3], stride: 1, pads: [0, 0, 0, 0], width: 8 }],
    ["with padding on one side only", { kernel: [2, 3], stride: 2, pads: [0, 0, 0, 1], width: 12 }],
    ["that reaches far", { kernel: [3, 7], stride: 2, pads: [1, 3, 1, 3], width: 20 }],
    ["that leaves pixels out", { kernel: [2, 2], stride: 3, pads: [0, 0, 0, 0], width: 18 }],
  ])("comes to the same for any number of pictures: %s", async (_, first, bias) => {
    const graph = fed(first, bias);
    const paired = inPairs(graph);
    const shape = [2, HEIGHT, first.width, 3];
    const data = bytesOf(2, first.width);
    const [before, after] = [await run(graph, data, shape), await run(paired, data, shape)];
    expect(weightsOf(paired)[0]).toEqual([10, 6 * first.stride, first.kernel[0], expect.any(Number)]);
    expect(after.shape).toEqual(before.shape);
    expect(apart(after.values, before.values)).toBeLessThan(1e-4);
  });

  it.each<[string, Graph]>([
    ["where rows do not come in blocks", fed({ ...usual, width: 18 })],
    ["where there is nothing to gather", fed({ ...usual, kernel: [1, 1], pads: [0, 0, 0, 0], stride: 1 })],
    [
      "where its result is the answer",
      { ...fed(usual), outputs: [{ name: "clipped", type: "float32", shape: null }] },
    ],
  ])("is left as it is %s", (_, graph) => {
    expect(inPairs(graph)).toBe(graph);
  });

  it("is left as it is where it stays in float", () => {
    const graph = fed(usual);
    expect(inPairs(graph, new Set(["first"]))).toBe(graph);
    expect(inPairs(graph, new Set(["y"]))).not.toBe(graph);
  });
});
