/** Between which numbers a value lies. Always holds 0, which padding and clipping need to be exact. */
export interface Range {
  readonly low: number;
  readonly high: number;
}

/** How often a value took which number: `counts` in equal steps from `low` to `high`. */
export interface Histogram extends Range {
  readonly counts: Float64Array;
}

export const METHODS = ["min-max", "percentile", "entropy"] as const;
export type Method = (typeof METHODS)[number];

/** Eight bits have so many steps; symmetric ones lose one, so that 0 is in the middle. */
const LEVELS = 256;
/** What is beyond is cut off by "percentile": one number in ten thousand, both sides together. */
const KEPT = 0.9999;

/** The range that eight bits are to cover, by one of the three methods. */
export function rangeBy(method: Method, histogram: Histogram): Range {
  switch (method) {
    case "min-max":
      return { low: histogram.low, high: histogram.high };
    case "percentile":
      return percentile(histogram, KEPT);
    case "entropy":
      return entropy(histogram);
  }
}

/** Cuts off the rarest ends. */
function percentile({ low, high, counts }: Histogram, kept: number): Range {
  const step = (high - low) / counts.length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  const allowed = (total * (1 - kept)) / 2;
  let [first, last] = [0, counts.length - 1];
  for (let lost = counts[first]!; lost <= allowed && first < last; lost += counts[first]!) first++;
  for (let lost = counts[last]!; lost <= allowed && first < last; lost += counts[last]!) last--;
  return { low: Math.min(0, low + first * step), high: Math.max(0, low + (last + 1) * step) };
}

/**
 * Cuts off what costs least information: of ranges from narrow to whole, the one whose eight-bit version diverges least
 * from what was seen (Kullback and Leibler; S. Migacz, "8-bit inference with TensorRT", 2017). Both ends are drawn in in
 * proportion, so that a value that is never negative stays so.
 */
function entropy({ low, high, counts: all }: Histogram): Range {
  const counts = Float64Array.from(all);
  const bins = counts.length;
  const zero = Math.min(bins - 1, Math.floor((-low / (high - low)) * bins));
  // Half of what comes out of a Relu is exactly 0, which eight bits hold exactly: it must not weigh here.
  counts[zero] = counts[zero + 1] ?? counts[zero - 1]!;
  let best = { divergence: Number.POSITIVE_INFINITY, low, high };
  for (let part = LEVELS; part <= bins; part += LEVELS / 8) {
    const first = zero - Math.round((zero * part) / bins);
    const last = zero + Math.round(((bins - zero) * part) / bins);
    if (last - first < LEVELS) continue;
    const found = divergence(counts, first, last);
    const step = (high - low) / bins;
    if (found < best.divergence)
      best = { divergence: found, low: low + first * step, high: low + last * step };
  }
  return { low: Math.min(0, best.low), high: Math.max(0, best.high) };
}

/** How much is lost when only bins `first` to `last` are kept, and those as LEVELS steps. */
function divergence(counts: Float64Array, first: number, last: number): number {
  const seen = counts.slice(first, last);
  // What is cut off ends up at the ends.
  for (let at = 0; at < first; at++) seen[0]! += counts[at]!;
  for (let at = last; at < counts.length; at++) seen[seen.length - 1]! += counts[at]!;
  const total = seen.reduce((sum, count) => sum + count, 0);
  const width = seen.length / LEVELS;
  let [divergence, keptTotal] = [0, 0];
  const kept = new Float64Array(seen.length);
  for (let level = 0; level < LEVELS; level++) {
    const [from, to] = [Math.floor(level * width), Math.floor((level + 1) * width)];
    let [sum, filled] = [0, 0];
    for (let at = from; at < to; at++) {
      sum += counts[first + at]!;
      if (seen[at]! > 0) filled++;
    }
    for (let at = from; at < to; at++) if (seen[at]! > 0) kept[at] = sum / filled;
    keptTotal += sum;
  }
  for (const [at, count] of seen.entries()) {
    if (count === 0) continue;
    const share = count / total;
    // A step that is empty in one and not in the other would be infinitely far; a small share stands for it.
    const keptShare = Math.max(kept[at]! / keptTotal, 1e-9);
    divergence += share * Math.log(share / keptShare);
  }
  return divergence;
}
