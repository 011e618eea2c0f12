/**
 * Randomness that a seed fixes for ever, so that a lesson plays the same on every machine.
 * Math.random is never used in the simulator.
 */

/** Mixes whole numbers into 32 bits. Murmur3's finaliser, once per part (https://github.com/aappleby/smhasher). */
export function hash(...parts: readonly number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) {
    h = Math.imul(h ^ Math.floor(part), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    h ^= h >>> 16;
  }
  return h >>> 0;
}

/** One number in [0, 1) that depends on nothing but its arguments. */
export const chance = (...parts: readonly number[]): number => hash(...parts) / 2 ** 32;

/** A stream of numbers in [0, 1). */
export type Random = () => number;

/** mulberry32 (public domain, Tommy Ettinger): small, fast, good enough to draw children with. */
export function randomFrom(...parts: readonly number[]): Random {
  let state = hash(...parts);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const between = (random: Random, low: number, high: number): number => low + (high - low) * random();

/** Picks by weight; the weights need not sum to 1. */
export function pick<T>(random: Random, weighted: readonly (readonly [T, number])[]): T {
  let left = random() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  return weighted.findLast(([, weight]) => weight > 0)![0];
}

/** The numbers 0 … count−1 in a random order (Fisher–Yates). */
export function shuffled(random: Random, count: number): number[] {
  const order = Array.from({ length: count }, (_, index) => index);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}

/** Smooth noise in about [−1, 1] that never repeats within a lesson: three slow sines with phases of their own. */
export function sway(seed: number, time: number, periodSeconds: number): number {
  let sum = 0;
  for (let k = 0; k < 3; k++) {
    const period = periodSeconds * (0.6 + 0.5 * k + 0.3 * chance(seed, k, 1));
    sum += Math.sin(2 * Math.PI * (time / period + chance(seed, k, 2)));
  }
  return sum / 2.2;
}
