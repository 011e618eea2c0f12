import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bearing, matrixOf, poseOf, times, turned } from "../../../gateway/eye/simulate/rotation.ts";

const angle = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const pose = fc.record({ yaw: angle(85), pitch: angle(80), roll: angle(60) });

describe("the rotation of a head", () => {
  it("follows the signs of HeadPose: yaw to the right, pitch up, roll clockwise", () => {
    const nose = [0, 0, 1] as const;
    const crown = [0, 1, 0] as const;
    expect(turned(matrixOf({ yaw: 30, pitch: 0, roll: 0 }), nose)[0]).toBeCloseTo(0.5);
    expect(turned(matrixOf({ yaw: 0, pitch: 30, roll: 0 }), nose)[1]).toBeCloseTo(0.5);
    expect(turned(matrixOf({ yaw: 0, pitch: 0, roll: 30 }), crown)[0]).toBeCloseTo(0.5);
  });

  it("gives back the angles it was made of", () => {
    fc.assert(
      fc.property(pose, (made) => {
        const read = poseOf(matrixOf(made));
        expect(read.yaw).toBeCloseTo(made.yaw, 6);
        expect(read.pitch).toBeCloseTo(made.pitch, 6);
        expect(read.roll).toBeCloseTo(made.roll, 6);
      }),
    );
  });

  it("keeps lengths and right angles", () => {
    fc.assert(
      fc.property(pose, pose, (one, other) => {
        const m = times(matrixOf(one), matrixOf(other));
        const columns = [turned(m, [1, 0, 0]), turned(m, [0, 1, 0]), turned(m, [0, 0, 1])];
        for (const [i, a] of columns.entries())
          for (const [j, b] of columns.entries())
            expect(a[0] * b[0] + a[1] * b[1] + a[2] * b[2]).toBeCloseTo(i === j ? 1 : 0, 9);
      }),
    );
  });

  it("finds the bearing of a point", () => {
    expect(bearing([1, 0, 1])).toEqual({ yaw: 45, pitch: 0 });
    expect(bearing([0, -1, 1]).pitch).toBeCloseTo(-45);
  });
});
