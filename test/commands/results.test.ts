import { expect, it } from "vitest";
import { faceLines } from "../../gateway/commands/results.ts";

it("writes angles in whole degrees with their sign, and never a minus before a zero", () => {
  const angles = (yaw: number, pitch: number, roll: number) => {
    const box = { x: 0, y: 0, width: 0.1, height: 0.1 };
    const face = { seat: 1, box, score: 1, yaw, pitch, roll, eyesOpen: null };
    const view = { width: 100, height: 100, faces: [face] } as unknown as Parameters<typeof faceLines>[1];
    return faceLines("a.jpg", view)
      .match(/[+−]\d+°/g)
      ?.join(" ");
  };
  expect(angles(-0.4, 0.4, -0.6)).toBe("+0° +0° −1°");
  expect(angles(-31.5, 12.6, -0.5)).toBe("−31° +13° +0°");
});
