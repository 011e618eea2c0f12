import type { Role } from "../manifest.ts";
import { type Answers, ask, type Pictures } from "./ask.ts";
import { calibrate } from "./calibrate.ts";
import { writeGraph } from "./file.ts";
import type { Graph } from "./graph.ts";
import { distance, isParity, type Parity, parityOf } from "./parity.ts";
import { layersOf, planFor } from "./plan.ts";
import { quantised, type Style } from "./qdq.ts";
import { type Histogram, METHODS, type Method, type Range, rangeBy } from "./range.ts";

/** What is known of a network's values when it looks at the pictures it is for. Numbers only. */
export type Calibration = ReadonlyMap<string, Histogram>;

export interface EightBits {
  readonly bytes: Uint8Array;
  readonly parity: Parity;
  readonly method: Method;
  /** Layers that stay in float, because the answers depend on them too much. */
  readonly kept: readonly string[];
}

/** Beyond this share of layers in float, little would be left to gain. */
const MOST_KEPT = 0.25;
/** Sensitivity is measured on so many pictures: it only has to put layers in order. */
const FEW = 16;

/** Counts the values of everything that eight bits could hold. */
export const calibrateAll = (
  graph: Graph,
  pictures: Pictures,
  onProgress?: (done: number, total: number) => void,
) => calibrate(graph, [...planFor(graph, new Set()).groups.keys()], pictures, onProgress);

/**
 * Writes a network in eight bits: with the method of calibration that keeps its answers best, and, where that is not
 * enough, with the layers in float whose eight bits cost most. `tests` are pictures it was not calibrated with.
 */
export async function inEightBits(
  graph: Graph,
  role: Role,
  calibration: Calibration,
  tests: Pictures,
  style: Style,
  onLayer: (done: number, total: number) => void = () => {},
): Promise<EightBits> {
  const original = await ask(writeGraph(graph), tests);
  const attempt = async (method: Method, kept: readonly string[]): Promise<EightBits> => {
    const bytes = written(graph, calibration, method, kept, style);
    return {
      bytes,
      method,
      kept,
      parity: parityOf(role, original, await ask(bytes, tests), tests.list.length),
    };
  };
  let best: EightBits | null = null;
  for (const method of METHODS) {
    const made = await attempt(method, []);
    if (best === null || made.parity.value < best.parity.value) best = made;
  }
  const { method } = best!;
  if (isParity(best!.parity)) return best!;

  const layers = await bySensitivity(graph, role, calibration, tests, { method, style, onLayer });
  for (let count = 1; count <= Math.ceil(layers.length * MOST_KEPT); count *= 2) {
    const made = await attempt(method, layers.slice(0, count));
    if (made.parity.value < best!.parity.value) best = made;
    if (isParity(made.parity)) return made;
  }
  return best!;
}

function written(
  graph: Graph,
  calibration: Calibration,
  method: Method,
  kept: readonly string[],
  style: Style,
) {
  const ranges = new Map<string, Range>();
  for (const [value, histogram] of calibration) ranges.set(value, rangeBy(method, histogram));
  return writeGraph(quantised(graph, new Set(kept), ranges, style));
}

/** A network's layers, the one first that does most harm in eight bits when it alone is in them. */
export async function bySensitivity(
  graph: Graph,
  role: Role,
  calibration: Calibration,
  tests: Pictures,
  {
    method,
    style,
    onLayer = () => {},
  }: { method: Method; style: Style; onLayer?: (done: number, total: number) => void },
): Promise<string[]> {
  const few = { ...tests, list: tests.list.slice(0, FEW) };
  const original: Answers = await ask(writeGraph(graph), few);
  const layers = layersOf(graph);
  const harm = new Map<string, number>();
  for (const [index, layer] of layers.entries()) {
    const others = layers.filter((other) => other !== layer);
    const alone = await ask(written(graph, calibration, method, others, style), few);
    harm.set(layer, distance(role, original, alone));
    onLayer(index + 1, layers.length);
  }
  return layers.sort((a, b) => harm.get(b)! - harm.get(a)!);
}
