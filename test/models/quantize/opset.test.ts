import { describe, expect, it } from "vitest";
import { shapesOf } from "../../../models/quantize/fold.ts";
import { float32, type Graph, int, ints, node, text } from "../../../models/quantize/graph.ts";
import { OPSET, raiseOpset, ranksAsked } from "../../../models/quantize/opset.ts";
import { apart, graphOf, numbers, run } from "./run.ts";

const raised = async (graph: Graph) => {
  const shapes = await shapesOf(graph, ranksAsked(graph));
  return raiseOpset(graph, (name) => shapes.get(name)!.length);
};
const float = (value: number) => ({ kind: "float", value }) as const;
const shape = [1, 2, 4, 6];

/** One operator each, as opset 9 (or the one named) writes it, whose meaning or spelling changed by 13. */
const OLD: Readonly<Record<string, Graph>> = {
  "Slice with attributes": graphOf(9, shape, [
    node("Slice", ["x"], ["y"], { axes: ints([2]), starts: ints([1]), ends: ints([2 ** 63]) }),
  ]),
  "Softmax along the last axis": graphOf(9, shape, [node("Softmax", ["x"], ["y"], { axis: int(3) })]),
  "Softmax over all axes from the second on": graphOf(9, shape, [node("Softmax", ["x"], ["y"])]),
  "LogSoftmax over the last two axes": graphOf(9, shape, [
    node("LogSoftmax", ["x"], ["y"], { axis: int(2) }),
  ]),
  "Clip from both sides": graphOf(9, shape, [
    node("Clip", ["x"], ["y"], { min: float(-0.25), max: float(0.5) }),
  ]),
  "Clip from above": graphOf(9, shape, [node("Clip", ["x"], ["y"], { max: float(0.5) })]),
  "Pad with a value": graphOf(9, shape, [
    node("Pad", ["x"], ["y"], { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]), value: float(0.75) }),
  ]),
  "Pad by reflecting": graphOf(9, shape, [
    node("Pad", ["x"], ["y"], { pads: ints([0, 0, 1, 2, 0, 0, 0, 1]), mode: text("reflect") }),
  ]),
  "Squeeze and Unsqueeze": graphOf(9, shape, [
    node("Squeeze", ["x"], ["flat"], { axes: ints([0]) }),
    node("Unsqueeze", ["flat"], ["y"], { axes: ints([1]) }),
  ]),
  "Split by sizes": graphOf(9, shape, [
    node("Split", ["x"], ["left", "right"], { axis: int(3), split: ints([2, 4]) }),
    node("Softmax", ["right"], ["y"], { axis: int(3) }),
  ]),
  "ReduceSum over an axis": graphOf(9, shape, [
    node("ReduceSum", ["x"], ["y"], { axes: ints([2]), keepdims: int(0) }),
  ]),
  "Upsample to the nearest pixel": graphOf(
    9,
    shape,
    [node("Upsample", ["x", "scales"], ["y"], { mode: text("nearest") })],
    { scales: float32([4], [1, 1, 1.5, 2]) },
  ),
  "Upsample between pixels": graphOf(
    9,
    shape,
    [node("Upsample", ["x", "scales"], ["y"], { mode: text("linear") })],
    { scales: float32([4], [1, 1, 2, 2]) },
  ),
  "Resize of opset 10": graphOf(
    10,
    shape,
    [node("Resize", ["x", "scales"], ["y"], { mode: text("linear") })],
    { scales: float32([4], [1, 1, 2, 0.5]) },
  ),
  "Dropout, which does nothing": graphOf(9, shape, [
    node("Dropout", ["x"], ["kept", "mask"], { ratio: float(0.5) }),
    node("Relu", ["kept"], ["y"]),
  ]),
};

describe("raising a network's opset", () => {
  for (const [what, graph] of Object.entries(OLD)) {
    it(`keeps what it means: ${what}`, async () => {
      const before = await run(graph, numbers(48), shape);
      const now = await raised(graph);
      expect(now.opset).toBe(OPSET);
      const after = await run(now, numbers(48), shape);
      expect(after.shape).toEqual(before.shape);
      expect(apart(after.values, before.values)).toBeLessThan(1e-6);
    });
  }

  it("leaves what is new enough alone", async () => {
    const graph = graphOf(13, shape, [node("Softmax", ["x"], ["y"], { axis: int(1) })]);
    expect(await raised(graph)).toEqual(graph);
  });

  it("says no to what it does not understand, by name", async () => {
    const old = graphOf(8, shape, [node("Relu", ["x"], ["y"])]);
    await expect(raised(old)).rejects.toThrow("opset 8");
    const rare = graphOf(9, shape, [node("Scan", ["x"], ["y"])]);
    await expect(raised(rare)).rejects.toThrow("Scan");
  });
});
