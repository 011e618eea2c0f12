const FIRST_MS = 500;
const LONGEST_MS = 30_000;

/**
 * How long to wait before trying again, in milliseconds: twice as long each time, up to half a minute (or `longest`), and
 * somewhat by chance, so that several that fell together do not rise together. `attempt` counts from 0.
 */
export function backoffMs(
  attempt: number,
  { first = FIRST_MS, longest = LONGEST_MS } = {},
  random: () => number = Math.random,
): number {
  const whole = Math.min(longest, first * 2 ** attempt);
  return whole * (0.5 + random() / 2);
}
