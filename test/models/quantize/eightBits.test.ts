import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { freeBatch } from "../../../models/quantize/batch.ts";
import { feedBytes } from "../../../models/quantize/bytes.ts";
import { bySensitivity, calibrateAll, inEightBits } from "../../../models/quantize/eightBits.ts";
import { readGraph } from "../../../models/quantize/file.ts";
import { float32, type Graph, ints, node } from "../../../models/quantize/graph.ts";
import { half, inHalves } from "../../../models/quantize/half.ts";
import { isParity } from "../../../models/quantize/parity.ts";
import { layersOf, planFor } from "../../../models/quantize/plan.ts";
import { METHODS, rangeBy } from "../../../models/quantize/range.ts";
import { apart, graphOf, numbers, random, run } from "./run.ts";

/** A small network for "eyes": bytes in, a probability out. The layer `b` is made sensitive by `spread`. */
function small(spread: number, strength = 1): Graph {
  const wide = random([8, 8, 3, 3], 3);
  // One channel a thousand times as strong as the others: a scale that holds it leaves them no steps.
  const channels = numbers(8, 4).map((value, at) => (at === 0 ? spread * value : value));
  const pads = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) };
  const nodes = [
    node("Conv", ["x", "aw", "ab"], ["a"], pads),
    node("Relu", ["a"], ["a+"]),
    node("Mul", ["a+", "spread"], ["uneven"]),
    node("Conv", ["uneven", "bw"], ["b"], pads),
    node("Relu", ["b"], ["b+"]),
    node("Conv", ["b+", "cw"], ["c"], pads),
    node("GlobalAveragePool", ["c"], ["pooled"]),
    node("Mul", ["pooled", "strength"], ["logit"]),
    node("Sigmoid", ["logit"], ["network/y"]),
    node("Flatten", ["network/y"], ["open"]),
  ];
  const evened = (wide.data as Float32Array).map((value, at) =>
    Math.floor(at / 9) % 8 === 0 ? value / spread : value,
  );
  const graph = graphOf(13, [1, 3, 8, 8], nodes, {
    aw: random([8, 3, 3, 3], 1),
    ab: random([8], 2),
    spread: float32([1, 8, 1, 1], channels),
    bw: { ...wide, data: evened },
    cw: random([1, 8, 3, 3], 5),
    strength: float32([], [strength]),
  });
  const mean = [127, 127, 127];
  const input = { name: "x", width: 8, height: 8, channels: "rgb" as const, mean, std: [128, 128, 128] };
  const open = { ...graph, outputs: [{ name: "open", type: "float32" as const, shape: null }] };
  return feedBytes(freeBatch(open), input);
}

const pictures = (count: number, seed: number) => ({
  width: 8,
  height: 8,
  list: Array.from({ length: count }, (_, index) =>
    Uint8Array.from(numbers(192, seed + index), (value) => 128 + 127 * value),
  ),
});

describe("a network in eight bits", () => {
  for (const style of ["positive", "symmetric"] as const) {
    it(`keeps its answers, ${style}`, async () => {
      const graph = small(1);
      const counts = await calibrateAll(graph, pictures(16, 10));
      const { bytes, parity, kept } = await inEightBits(graph, "eyes", counts, pictures(16, 50), style);
      expect(kept).toEqual([]);
      expect(parity.value).toBeLessThan(0.05);
      const made = readGraph(bytes);
      const weights = made.nodes.filter(
        ({ op, inputs }) => op === "DequantizeLinear" && inputs[0]!.includes("/weight/"),
      );
      expect(weights).toHaveLength(3);
      for (const { inputs } of weights) {
        // Per output channel, symmetric: what TensorRT and the CPU both take.
        const [weight, scale, zero] = inputs.map((name) => made.constants.get(name)!);
        expect(weight!.type).toBe("int8");
        expect(scale!.dims).toEqual([weight!.dims[0]]);
        expect([...(zero!.data as Int8Array)].every((value) => value === 0)).toBe(true);
      }
    });
  }

  it("keeps an offset beside which the weights are next to nothing", async () => {
    const graph = small(1);
    const weak = graph.constants.get("bw")!;
    const data = (weak.data as Float32Array).map((value, at) => (at < 72 ? value * 1e-12 : value));
    const constants = new Map([
      ...graph.constants,
      ["bw", { ...weak, data }],
      ["bb", random([8], 9)],
    ] as const);
    const nodes = graph.nodes.map((each) =>
      each.outputs[0] === "b" ? { ...each, inputs: ["uneven", "bw", "bb"] } : each,
    );
    const tests = pictures(16, 50);
    const changed = { ...graph, constants, nodes };
    const counts = await calibrateAll(changed, pictures(16, 10));
    const { bytes, parity, kept } = await inEightBits(changed, "eyes", counts, tests, "positive");
    expect(kept).toEqual([]);
    expect(isParity(parity)).toBe(true);
    // In the weights' own scale it would be a number of 40 bits.
    const { constants: made } = readGraph(bytes);
    const [offset, scale] = [made.get("b/bias/q")!, made.get("b/bias/scale")!];
    const told = Number(offset.data[0]) * Number(scale.data[0]);
    expect(told).toBeCloseTo(Number(constants.get("bb")!.data[0]), 5);
  });

  it("works out two results of its first layer at once on the CPU", async () => {
    const graph = small(1);
    const counts = await calibrateAll(graph, pictures(16, 10));
    const rowsOf = async (style: "positive" | "symmetric") => {
      const { bytes } = await inEightBits(graph, "eyes", counts, pictures(16, 50), style);
      return readGraph(bytes).constants.get("a/weight/q")!.dims[0];
    };
    expect(await rowsOf("positive")).toBe(16);
    expect(await rowsOf("symmetric")).toBe(8);
  });

  it("finds the layer that suffers most, and leaves it in float where the answers need it", async () => {
    const graph = small(3_000, 10);
    const counts = await calibrateAll(graph, pictures(16, 10));
    const tests = pictures(16, 50);
    const order = await bySensitivity(graph, "eyes", counts, tests, { method: "min-max", style: "positive" });
    expect(order).toHaveLength(3);
    expect(order[0]).toBe("b");
    const { parity, kept } = await inEightBits(graph, "eyes", counts, tests, "symmetric");
    expect(kept).toContain("b");
    expect(isParity(parity)).toBe(true);

    const plan = planFor(graph, new Set(["b"]));
    expect(plan.quantised.has("b")).toBe(false);
    expect(layersOf(graph).filter((layer) => plan.quantised.has(layer))).toEqual(["a", "c"]);
  });

  it("shares a scale among what is only moved about", () => {
    const pads = { kernel_shape: ints([1, 1]) };
    const constants = { w: random([4, 4, 1, 1], 1), v: random([4, 8, 1, 1], 2) };
    const graph = graphOf(
      13,
      [1, 4, 4, 4],
      [
        node("Conv", ["x", "w"], ["a"], pads),
        node("Conv", ["a", "w"], ["b"], pads),
        node("Concat", ["a", "b"], ["both"], { axis: { kind: "int", value: 1 } }),
        node("Conv", ["both", "v"], ["y"], pads),
      ],
      constants,
    );
    const { groups, quantised } = planFor(graph, new Set());
    expect(quantised.has("both")).toBe(true);
    expect(new Set(["a", "b", "both"].map((name) => groups.get(name)))).toHaveProperty("size", 1);
    expect(groups.get("x")).not.toBe(groups.get("a"));
  });
});

describe("a range for eight bits", () => {
  const histogram = fc
    .record({
      low: fc.double({ min: -100, max: 0, noNaN: true }),
      high: fc.double({ min: 0.1, max: 100, noNaN: true }),
      counts: fc.array(fc.nat(50), { minLength: 2048, maxLength: 2048 }),
    })
    .map(({ low, high, counts }) => ({ low, high, counts: Float64Array.from(counts) }));

  it.each(METHODS)("holds 0 and nothing that was not seen: %s", (method) => {
    fc.assert(
      fc.property(histogram, (seen) => {
        const { low, high } = rangeBy(method, seen);
        const slack = (seen.high - seen.low) / 1000;
        return low <= 0 && high >= 0 && low >= seen.low - slack && high <= seen.high + slack;
      }),
      { numRuns: 15 },
    );
  });

  it("leaves out by percentile and by entropy what happens once in a million", () => {
    const counts = Float64Array.from({ length: 2048 }, (_, bin) => 1e6 * Math.exp(-bin / 40));
    counts.fill(0, 700);
    counts[2047] = 1;
    const seen = { low: 0, high: 2048, counts };
    expect(rangeBy("min-max", seen).high).toBe(2048);
    expect(rangeBy("percentile", seen).high).toBeLessThan(800);
    expect(rangeBy("entropy", seen).high).toBeLessThan(1500);
  });
});

describe("halves", () => {
  /** The number that bits of a half stand for, by IEEE 754. */
  const standsFor = (word: number) => {
    const [sign, exponent, fraction] = [word >> 15 ? -1 : 1, (word >> 10) & 31, word & 1023];
    return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
  };

  it("are what they stand for, each of them", () => {
    for (let word = 0; word < 0x7c00; word++) {
      if (half(standsFor(word)) !== word) expect(half(standsFor(word))).toBe(word);
    }
    expect(half(-0.5)).toBe(0xb800);
  });

  it("are the nearest to any number, and the largest for those beyond", () => {
    fc.assert(
      fc.property(fc.float({ min: -65_504, max: 65_504, noNaN: true }), (value) => {
        const error = Math.abs(standsFor(half(value)) - value);
        return error <= Math.max(Math.abs(value) * 2 ** -11, 2 ** -25);
      }),
    );
    expect(standsFor(half(1e6))).toBe(65_504);
    expect(half(Number.NaN) & 0x7c00).toBe(0x7c00);
  });

  it("keep a network's answers, which stay in float32", async () => {
    const graph = small(1);
    const halves = inHalves(graph);
    expect([...halves.constants.values()].some(({ type }) => type === "float16")).toBe(true);
    const [bytes] = pictures(1, 70).list;
    const [was, is] = [await run(graph, bytes!, [1, 8, 8, 3]), await run(halves, bytes!, [1, 8, 8, 3])];
    expect(apart(is.values, was.values)).toBeGreaterThan(0);
    expect(apart(is.values, was.values)).toBeLessThan(2e-3);
  });
});
