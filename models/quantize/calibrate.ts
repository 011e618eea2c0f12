import { openSession } from "../../gateway/onnx.ts";
import { batches, type Pictures } from "./ask.ts";
import { writeGraph } from "./file.ts";
import type { Graph } from "./graph.ts";
import type { Histogram } from "./range.ts";

/** Fine enough that the narrowest range worth trying still has a bin for every one of the 256 steps. */
const BINS = 2048;
/** So few pictures at once: every inner value of each is held in memory. */
const BATCH = 4;

/**
 * Runs a network over pictures and counts which numbers its values take. Twice: once to see between which they lie, once
 * to count. What comes out are counts; nothing of a picture can be seen in them.
 */
export async function calibrate(
  graph: Graph,
  values: readonly string[],
  pictures: Pictures,
  onProgress: (done: number, total: number) => void = () => {},
): Promise<Map<string, Histogram>> {
  const outputs = values.map((name) => ({ name, type: null, shape: null }));
  const session = await openSession(writeGraph({ ...graph, outputs }), "cpu", 1);
  const total = 2 * pictures.list.length;
  let done = 0;
  const each = async (look: (name: string, numbers: Float32Array) => void) => {
    for (const batch of batches(pictures, BATCH)) {
      for (const [name, numbers] of Object.entries(await session.run(batch))) look(name, numbers);
      done = Math.min(total, done + BATCH);
      onProgress(done, total);
    }
  };
  try {
    const seen = new Map(values.map((name) => [name, { low: 0, high: 0 }]));
    await each((name, numbers) => widen(seen.get(name)!, numbers));
    const histograms = new Map<string, Histogram>(
      [...seen].map(([name, { low, high }]) => {
        // A value that never moved has no range; any will do.
        const range = low === high ? { low, high: low + 1e-6 } : { low, high };
        return [name, { ...range, counts: new Float64Array(BINS) }];
      }),
    );
    await each((name, numbers) => count(histograms.get(name)!, numbers));
    return histograms;
  } finally {
    await session.close();
  }
}

function widen(range: { low: number; high: number }, numbers: Float32Array): void {
  let { low, high } = range;
  for (let at = 0; at < numbers.length; at++) {
    const value = numbers[at]!;
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  range.low = low;
  range.high = high;
}

function count({ low, high, counts }: Histogram, numbers: Float32Array): void {
  const perUnit = (counts.length - 1e-6) / (high - low);
  for (let at = 0; at < numbers.length; at++) counts[((numbers[at]! - low) * perUnit) | 0]!++;
}
