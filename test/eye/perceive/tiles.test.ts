import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { regionsToSearch } from "../../../gateway/eye/perceive/tiles.ts";

const input = { width: 320, height: 240, smallestFace: 10 };

describe("the regions to search", () => {
  it("are the whole picture alone when it shows the smallest face large enough", () => {
    const regions = regionsToSearch({
      width: 640,
      height: 480,
      input,
      smallestFacePixels: 20,
      tiles: "auto",
    });
    expect(regions).toEqual([{ x: 0, y: 0, width: 640, height: 480 }]);
  });

  it("are the whole picture and four tiles for a class at 1280×720", () => {
    const regions = regionsToSearch({
      width: 1280,
      height: 720,
      input,
      smallestFacePixels: 24,
      tiles: "auto",
    });
    expect(regions).toHaveLength(5);
  });

  it("are as many columns as asked for, and never so many that a picture takes seconds", () => {
    const ask = (tiles: number) =>
      regionsToSearch({ width: 1280, height: 720, input, smallestFacePixels: 24, tiles });
    expect(ask(0)).toHaveLength(1);
    expect(ask(1)).toHaveLength(1);
    expect(new Set(ask(3).map(({ x }) => x)).size).toBe(3);
    expect(new Set(ask(100).map(({ x }) => x)).size).toBe(8);
  });

  it("hold every face that the whole picture may miss whole in one of them, and stay inside the picture", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const side = fc.integer({ min: 1, max: 4000 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.integer({ min: 8, max: 80 }),
        share,
        share,
        (width, height, smallest, u, v) => {
          const regions = regionsToSearch({
            width,
            height,
            input,
            smallestFacePixels: smallest,
            tiles: "auto",
          });
          for (const { x, y, ...size } of regions) {
            expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
            expect(x + size.width).toBeLessThanOrEqual(width);
            expect(y + size.height).toBeLessThanOrEqual(height);
          }
          const face = Math.min((10 * width) / 320 - 2, width);
          const tall = Math.min(face * 1.3, height);
          if (face <= 0) return;
          const [x, y] = [u * (width - face), v * (height - tall)];
          const holds = regions.some(
            (region) =>
              x >= region.x &&
              y >= region.y &&
              x + face <= region.x + region.width &&
              y + tall <= region.y + region.height,
          );
          expect(holds).toBe(true);
        },
      ),
    );
  });
});
