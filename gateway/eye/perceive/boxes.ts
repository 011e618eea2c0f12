import type { Box } from "../../terms.ts";

/** Shared area over joint area, 0–1; two boxes without area share nothing. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (a.width * a.height + b.width * b.height - shared);
}

/** The share of the smaller box that the two have in common: near 1 for a piece of a face inside the whole of it. */
export function containment(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / Math.min(a.width * a.height, b.width * b.height);
}

export interface Scored {
  readonly box: Box;
  readonly score: number;
}

/** Non-maximum suppression: of boxes that mean the same face, only the surest stays. Best first. */
export function strongest<T extends Scored>(candidates: readonly T[], maximumOverlap: number): T[] {
  const kept: T[] = [];
  for (const candidate of [...candidates].sort((a, b) => b.score - a.score)) {
    const same = (other: T) => overlap(candidate.box, other.box) > maximumOverlap;
    if (!kept.some(same)) kept.push(candidate);
  }
  return kept;
}
