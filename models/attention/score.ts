import { TARGETS, type Target } from "../../gateway/terms.ts";

/** One answer about one seat at one moment, beside the truth. */
export interface Answer {
  readonly truth: Target;
  readonly said: Target;
  /** Of what was said. */
  readonly confidence: number;
  readonly cohort: string[];
}

export const accuracy = (answers: readonly Answer[]): number =>
  mean(answers.map(({ truth, said }) => (truth === said ? 1 : 0)));

/** Mean F1 over the targets that occur. */
export function macroF1(answers: readonly Answer[]): number {
  const scores = TARGETS.flatMap((target) => {
    const there = answers.filter(({ truth }) => truth === target).length;
    const told = answers.filter(({ said }) => said === target).length;
    const hit = answers.filter(({ truth, said }) => truth === target && said === target).length;
    return there === 0 ? [] : [(2 * hit) / (there + told)];
  });
  return mean(scores);
}

/** Expected calibration error over fifteen bins (Guo et al. 2017, arXiv:1706.04599). */
export function calibrationError(answers: readonly Answer[], bins = 15): number {
  let error = 0;
  for (let bin = 0; bin < bins; bin++) {
    const inside = answers.filter(
      ({ confidence }) => Math.min(bins - 1, Math.floor(confidence * bins)) === bin,
    );
    if (inside.length === 0) continue;
    const off = Math.abs(accuracy(inside) - mean(inside.map(({ confidence }) => confidence)));
    error += (off * inside.length) / answers.length;
  }
  return error;
}

/** How often each target was said, by the true one. */
export function confusion(answers: readonly Answer[]): Record<Target, Record<Target, number>> {
  const by = <T>(value: (target: Target) => T) =>
    Object.fromEntries(TARGETS.map((target) => [target, value(target)])) as Record<Target, T>;
  return by((truth) =>
    by((said) => answers.filter((answer) => answer.truth === truth && answer.said === said).length),
  );
}

/** A turn of one seat from one target to another, at a time in seconds. */
export interface Turn {
  readonly seat: string;
  readonly time: number;
  readonly from: Target;
  readonly to: Target;
}

/** F1 of turns told within `tolerance` seconds of a true one, each matched once, and how many of those name both ends right. */
export function turnScore(truths: readonly Turn[], told: readonly Turn[], tolerance: number) {
  const open = new Set(truths);
  let [hits, right] = [0, 0];
  for (const turn of told) {
    const near = [...open]
      .filter(({ seat, time }) => seat === turn.seat && Math.abs(time - turn.time) <= tolerance)
      .sort((a, b) => Math.abs(a.time - turn.time) - Math.abs(b.time - turn.time))[0];
    if (!near) continue;
    open.delete(near);
    hits++;
    if (near.from === turn.from && near.to === turn.to) right++;
  }
  return {
    f1: (2 * hits) / Math.max(1, truths.length + told.length),
    precision: hits / Math.max(1, told.length),
    recall: hits / Math.max(1, truths.length),
    kindRight: right / Math.max(1, hits),
    there: truths.length,
  };
}

export const mean = (values: readonly number[]): number =>
  values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Pearson's correlation. */
export function correlation(a: readonly number[], b: readonly number[]): number {
  const [ma, mb] = [mean(a), mean(b)];
  const [da, db] = [a.map((value) => value - ma), b.map((value) => value - mb)];
  const sum = (x: readonly number[], y: readonly number[]) =>
    x.reduce((total, value, i) => total + value * y[i]!, 0);
  return sum(da, db) / Math.sqrt(sum(da, da) * sum(db, db));
}
