import type { HeadPose } from "../../terms.ts";

/**
 * Rotations of a head. Axes: x to the right of the picture, y up, z out of the picture towards the viewer.
 *
 * A head's pose is Rx(pitch)·Ry(yaw)·Rz(roll): tilted first, then turned, then nodded. This is the order of the
 * 300W-LP data set on which head-pose networks are trained (Zhu et al. 2016, arXiv:1511.07212), so that truth and
 * reading mean the same angles also when a head is turned and nodded at once.
 */
export type Vector = readonly [x: number, y: number, z: number];
/** Rows of a 3×3 matrix. */
export type Matrix = readonly [Vector, Vector, Vector];

export const radians = (degrees: number): number => (degrees * Math.PI) / 180;
export const degrees = (radians: number): number => (radians * 180) / Math.PI;
export const clamp = (value: number, low: number, high: number): number =>
  Math.min(high, Math.max(low, value));

export const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const blend = (a: Vector, b: Vector, share: number): Vector => [
  a[0] + (b[0] - a[0]) * share,
  a[1] + (b[1] - a[1]) * share,
  a[2] + (b[2] - a[2]) * share,
];
export const unit = (a: Vector): Vector => {
  const length = Math.hypot(...a) || 1;
  return [a[0] / length, a[1] / length, a[2] / length];
};

export const turned = (m: Matrix, v: Vector): Vector => [dot(m[0], v), dot(m[1], v), dot(m[2], v)];

export function times(a: Matrix, b: Matrix): Matrix {
  const column = (j: 0 | 1 | 2): Vector => [b[0][j], b[1][j], b[2][j]];
  const [x, y, z] = [column(0), column(1), column(2)];
  const row = (r: Vector): Vector => [dot(r, x), dot(r, y), dot(r, z)];
  return [row(a[0]), row(a[1]), row(a[2])];
}

/** The matrix that takes points of the head (nose along +z) to the axes above. */
export function matrixOf({ yaw, pitch, roll }: HeadPose): Matrix {
  const [sy, cy] = [Math.sin(radians(yaw)), Math.cos(radians(yaw))];
  const [sp, cp] = [Math.sin(radians(pitch)), Math.cos(radians(pitch))];
  const [sr, cr] = [Math.sin(radians(roll)), Math.cos(radians(roll))];
  return [
    [cy * cr, cy * sr, sy],
    [-cp * sr - sp * sy * cr, cp * cr - sp * sy * sr, sp * cy],
    [sp * sr - cp * sy * cr, -sp * cr - cp * sy * sr, cp * cy],
  ];
}

/** The angles of a matrix. Exact for |yaw| < 90°. */
export function poseOf(m: Matrix): HeadPose {
  return {
    yaw: degrees(Math.asin(clamp(m[0][2], -1, 1))),
    pitch: degrees(Math.atan2(m[1][2], m[2][2])),
    roll: degrees(Math.atan2(m[0][1], m[0][0])),
  };
}

/** Turns by which +z comes to point along `v`: yaw to the right first, pitch up second. */
export function bearing(v: Vector): { readonly yaw: number; readonly pitch: number } {
  return { yaw: degrees(Math.atan2(v[0], v[2])), pitch: degrees(Math.atan2(v[1], Math.hypot(v[0], v[2]))) };
}
