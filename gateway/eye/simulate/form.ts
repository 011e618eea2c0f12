import type { Dot } from "./paint.ts";
import type { Matrix, Vector } from "./rotation.ts";
import { clamp, turned } from "./rotation.ts";

/**
 * The shape of a drawn head, in halves of the face's width: x to the right, y up, z to the nose, from the middle of the
 * head. Features are put on this surface in three dimensions and then projected, so that turning the head moves,
 * narrows and hides them as it does on a real one: that is what head-pose networks read.
 */

/** Half-width of the face and depth of its middle line, from the crown down. */
const PROFILE: readonly (readonly [y: number, halfWidth: number, depth: number])[] = [
  [1.2, 0.62, 0.55],
  [0.95, 0.82, 0.84],
  [0.6, 0.96, 1.0],
  [0.2, 1.0, 1.04],
  [-0.2, 0.98, 1.04],
  [-0.6, 0.9, 1.05],
  [-0.95, 0.72, 1.06],
  [-1.2, 0.5, 1.04],
  [-1.36, 0.28, 0.98],
  [-1.42, 0.12, 0.92],
];

function profileAt(y: number): { readonly halfWidth: number; readonly depth: number } {
  const below = PROFILE.findIndex(([height]) => height <= y);
  const [low, high] = [PROFILE.at(below === -1 ? -1 : below)!, PROFILE[Math.max(0, below - 1)]!];
  const share = below <= 0 ? 0 : (y - low[0]) / (high[0] - low[0]);
  return { halfWidth: low[1] + (high[1] - low[1]) * share, depth: low[2] + (high[2] - low[2]) * share };
}

/** A point on the face, `lift` above its surface. Cross-sections are half ellipses from ear to ear. */
export function onFace(x: number, y: number, lift = 0): Vector {
  const { halfWidth, depth } = profileAt(y);
  const across = clamp(x / halfWidth, -1, 1);
  return [x, y, depth * Math.sqrt(1 - across * across) + lift];
}

/** How far the surface at a point of the face is turned to the viewer: 1 straight on, 0 at the rim, below it hidden. */
export function facing(m: Matrix, x: number, y: number): number {
  const { halfWidth, depth } = profileAt(y);
  const across = clamp(x / halfWidth, -0.995, 0.995);
  const normal: Vector = [across / halfWidth, y * 0.25, Math.sqrt(1 - across * across) / depth];
  return turned(m, normal)[2] / Math.hypot(...normal);
}

/** The skin from hairline to chin and ear to ear. */
export function skinPoints(hairline: number, breadth: number): Vector[] {
  const points: Vector[] = [];
  for (let y = -1.42; y <= hairline; y += 0.1) {
    const { halfWidth, depth } = profileAt(y);
    const wide = y < 0 ? 1 + (breadth - 1) * Math.min(1, -y) : 1;
    for (let angle = -90; angle <= 90; angle += 15) {
      const a = (angle * Math.PI) / 180;
      // The hairline falls towards the temples.
      if (y > hairline - 0.45 * Math.abs(Math.sin(a)) ** 3) continue;
      points.push([halfWidth * wide * rounded(Math.sin(a), y), y, depth * rounded(Math.cos(a), y)]);
    }
  }
  return points;
}

/** An ellipse above the mouth; below it the jaw is squarer, or a bent head would end in a spike. */
function rounded(value: number, y: number): number {
  const square = 2 + 1.4 * clamp((-y - 0.6) / 0.6, 0, 1);
  return Math.sign(value) * Math.abs(value) ** (2 / square);
}

/** The skull, `thick` larger, down to `lowest` at the back; bare where the face is. */
export function scalpPoints(thick: number, lowest: number): Vector[] {
  const points: Vector[] = [];
  for (let up = -70; up <= 90; up += 12) {
    for (let around = 0; around < 360; around += 20) {
      const [u, a] = [(up * Math.PI) / 180, (around * Math.PI) / 180];
      const y = 0.28 + (1.16 + thick) * Math.sin(u);
      // Narrower towards the nape.
      const taper = lowest > -1 && y < 0.1 ? 1 + 0.4 * (y - 0.1) : 1;
      const point: Vector = [
        (1.0 + thick) * taper * Math.cos(u) * Math.sin(a),
        y,
        -0.12 + (1.12 + thick) * Math.cos(u) * Math.cos(a),
      ];
      const onForehead = point[2] > 0.15 && point[1] < 0.75;
      if (point[1] >= lowest && !onForehead) points.push(point);
    }
  }
  return points;
}

/** Where points of the head fall in the picture. */
export interface Projection {
  readonly matrix: Matrix;
  dot(point: Vector): Dot;
  dots(points: readonly Vector[]): Dot[];
  readonly size: number;
}

/** Without perspective within the head: it is small against its distance. */
export function projection(matrix: Matrix, x: number, y: number, size: number): Projection {
  const dot = ([px, py, pz]: Vector): Dot => [
    x + size * (matrix[0][0] * px + matrix[0][1] * py + matrix[0][2] * pz),
    y - size * (matrix[1][0] * px + matrix[1][1] * py + matrix[1][2] * pz),
  ];
  return { matrix, size, dot, dots: (points) => points.map(dot) };
}
