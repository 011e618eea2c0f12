import { describe, expect, it } from "vitest";
import { loadManifest } from "../../../models/pack.ts";
import { giveAnswers } from "../../../models/quantize/answers.ts";
import { freeBatch } from "../../../models/quantize/batch.ts";
import { feedBytes } from "../../../models/quantize/bytes.ts";
import { type Graph, int, int64, node } from "../../../models/quantize/graph.ts";
import { inHalves } from "../../../models/quantize/half.ts";
import { apart, graphOf, numbers, random, run } from "./run.ts";

const { models } = await loadManifest("default");
const { scores, boxes } = models.detect.output;
const input = { ...models.detect.input, name: "x", width: 4, height: 4 };
const bytes = Uint8Array.from(numbers(2 * 4 * 4 * 3, 5), (value) => 128 + 127 * value);

/** Four anchors a picture; what the network gives of them goes through `last`. */
function detector(last: "Softmax" | "Sigmoid"): Graph {
  const graph = graphOf(
    13,
    [1, 3, 4, 4],
    [
      node("Conv", ["x", "w"], ["features"]),
      node("Reshape", ["features", "rows"], ["logits"]),
      node(last, ["logits"], [scores], last === "Softmax" ? { axis: int(2) } : {}),
      node("Reshape", ["features", "corners"], [boxes]),
    ],
    { w: random([8, 3, 4, 4], 1), rows: int64([1, 4, 2]), corners: int64([1, 2, 4]) },
  );
  const outputs = [
    { name: scores, type: "float32" as const, shape: [1, 4, 2] },
    { name: boxes, type: "float32" as const, shape: [1, 2, 4] },
  ];
  return feedBytes(freeBatch({ ...graph, outputs }), input);
}

describe("the answers of a detector", () => {
  const opsOf = ({ nodes }: Graph) => nodes.map(({ op }) => op);

  for (const last of ["Softmax", "Sigmoid"] as const) {
    it(`say how probable a face is, whatever the network ends in: ${last}`, async () => {
      const graph = detector(last);
      const raw = await run(graph, bytes, [2, 4, 4, 3]);
      const answers = giveAnswers(graph, "detect", models.detect);
      const told = await run(answers, bytes, [2, 4, 4, 3]);
      expect(told.shape).toEqual([2, 4]);
      expect(
        apart(
          told.values,
          raw.values.filter((_, at) => at % 2 === 1),
        ),
      ).toBeLessThan(1e-6);
    });
  }

  it("take no softmax over thousands of rows of two, and are floats where the network is in halves", async () => {
    const answers = giveAnswers(detector("Softmax"), "detect", models.detect);
    expect(opsOf(answers)).not.toContain("Softmax");
    const [whole, halves] = [answers, inHalves(answers)];
    const [before, after] = [await run(whole, bytes, [2, 4, 4, 3]), await run(halves, bytes, [2, 4, 4, 3])];
    expect(apart(after.values, before.values)).toBeLessThan(1e-2);
  });
});
