/** The value below which that share (0–1) of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/**
 * Times things against each other: one run of each in turn, over and over, so that whatever else the machine does falls
 * on all alike. The first turn warms up and does not count. Milliseconds of each run, by the thing's place.
 */
export async function interleave(
  turns: number,
  things: readonly (() => Promise<unknown>)[],
): Promise<number[][]> {
  const took: number[][] = things.map(() => []);
  for (let turn = -1; turn < turns; turn++) {
    for (const [place, thing] of things.entries()) {
      const began = performance.now();
      await thing();
      if (turn >= 0) took[place]!.push(performance.now() - began);
    }
  }
  return took;
}

/** The middle of the ratios a/b, run by run: neighbours in time share what disturbs them. */
export const ratio = (a: readonly number[], b: readonly number[]): number =>
  median(a.map((value, turn) => value / b[turn]!));
