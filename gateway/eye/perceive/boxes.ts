import type { Box } from "../../terms.ts";

const area = (box: Box) => box.width * box.height;

function shared(a: Box, b: Box): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Shared area over joint area, 0–1; two boxes without area share nothing. */
export function overlap(a: Box, b: Box): number {
  const both = shared(a, b);
  return both === 0 ? 0 : both / (area(a) + area(b) - both);
}

/** The share of `inner` that lies in `outer`, 0–1. */
export function containment(inner: Box, outer: Box): number {
  const both = shared(inner, outer);
  return both === 0 ? 0 : both / area(inner);
}

/** The box, reaching beyond itself by `grow` of its own size on every side. Units are the box's own. */
export function enlarged(box: Box, grow: number): Box {
  return {
    x: box.x - box.width * grow,
    y: box.y - box.height * grow,
    width: box.width * (1 + 2 * grow),
    height: box.height * (1 + 2 * grow),
  };
}

/** A box in shares of a picture → the same in its pixels. */
export function inPixels(box: Box, picture: { readonly width: number; readonly height: number }): Box {
  return {
    x: box.x * picture.width,
    y: box.y * picture.height,
    width: box.width * picture.width,
    height: box.height * picture.height,
  };
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
