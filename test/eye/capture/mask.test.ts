import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Camera } from "../../../gateway/eye/capture/camera.ts";
import { openInspector } from "../../../gateway/eye/capture/health/inspect.ts";
import { masked } from "../../../gateway/eye/capture/mask.ts";
import type { Polygon } from "../../../gateway/eye/capture/polygon.ts";
import type { Frame } from "../../../gateway/terms.ts";

const [WIDTH, HEIGHT] = [40, 30];
const share = fc.double({ min: 0, max: 1, noNaN: true });
const polygon: fc.Arbitrary<Polygon> = fc.array(fc.tuple(share, share), { minLength: 3, maxLength: 8 });
const picture = fc.uint8Array({ minLength: WIDTH * HEIGHT * 3, maxLength: WIDTH * HEIGHT * 3 });

const frameOf = (rgb: Uint8Array): Frame => {
  return { camera: "c", sequence: 0, time: 0, width: WIDTH, height: HEIGHT, rgb: rgb.slice() };
};

/** What comes out of a camera with that mask which sees those pictures. */
async function through(mask: readonly Polygon[], ...pictures: Uint8Array[]): Promise<Frame[]> {
  const frames = pictures.map(frameOf);
  const camera: Camera = { next: async () => frames.shift() ?? null, close: async () => {} };
  const behind = masked(camera, mask);
  const seen: Frame[] = [];
  for (let frame = await behind.next(); frame; frame = await behind.next()) seen.push(frame);
  return seen;
}

/** Whether a pixel's middle lies in the polygon: the even-odd rule, written down another way. */
function holds(corners: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (const [index, [ax, ay]] of corners.entries()) {
    const [bx, by] = corners[(index + 1) % corners.length]!;
    if (ay! > y !== by! > y && x < ax! + ((y - ay!) / (by! - ay!)) * (bx! - ax!)) inside = !inside;
  }
  return inside;
}

describe("a privacy mask", () => {
  it("leaves nothing of what lies under it, and nothing else is touched by much", async () => {
    await fc.assert(
      fc.asyncProperty(polygon, async (corners) => {
        const [frame] = await through([corners], new Uint8Array(WIDTH * HEIGHT * 3).fill(200));
        for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
          const [x, y] = [((at % WIDTH) + 0.5) / WIDTH, (Math.floor(at / WIDTH) + 0.5) / HEIGHT];
          const shown = frame!.rgb.subarray(at * 3, at * 3 + 3);
          if (holds(corners, x, y)) expect([...shown]).toEqual([0, 0, 0]);
          else if (distance(corners, x * WIDTH, y * HEIGHT) > 1.5)
            expect([...shown]).toEqual([200, 200, 200]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("makes pictures that differ only under it the same for everything that comes after", async () => {
    await fc.assert(
      fc.asyncProperty(polygon, picture, picture, async (corners, scene, hidden) => {
        const other = scene.slice();
        for (let at = 0; at < WIDTH * HEIGHT; at += 1) {
          const [x, y] = [((at % WIDTH) + 0.5) / WIDTH, (Math.floor(at / WIDTH) + 0.5) / HEIGHT];
          if (holds(corners, x, y)) other.set(hidden.subarray(at * 3, at * 3 + 3), at * 3);
        }
        const [one, two] = await through([corners], scene, other);
        expect(Buffer.compare(one!.rgb, two!.rgb)).toBe(0);
        const options = { mask: [corners], pictures: "filmed", frozenAfterSeconds: 15 } as const;
        expect(openInspector(options).inspect(one!, 0)).toEqual(openInspector(options).inspect(two!, 0));
      }),
      { numRuns: 60 },
    );
  });

  it("may leave nothing to be seen at all", async () => {
    const whole: Polygon = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 1],
    ];
    const [frame] = await through([whole], new Uint8Array(WIDTH * HEIGHT * 3).fill(200));
    expect(frame!.rgb.every((value) => value === 0)).toBe(true);
  });

  it("is none when nothing is to be hidden", async () => {
    const camera: Camera = { next: async () => null, close: async () => {} };
    expect(masked(camera, [])).toBe(camera);
  });
});

/** From a point to the nearest edge, in pixels. */
function distance(corners: Polygon, x: number, y: number): number {
  return Math.min(
    ...corners.map(([ax, ay], index) => {
      const [bx, by] = corners[(index + 1) % corners.length]!;
      const [px, py] = [ax! * WIDTH, ay! * HEIGHT];
      const [dx, dy] = [bx! * WIDTH - px, by! * HEIGHT - py];
      const along = Math.min(
        1,
        Math.max(0, ((x - px) * dx + (y - py) * dy) / Math.max(1e-12, dx * dx + dy * dy)),
      );
      return Math.hypot(x - px - along * dx, y - py - along * dy);
    }),
  );
}
