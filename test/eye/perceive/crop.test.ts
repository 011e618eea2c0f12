import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { crop, type InputLayout, inputLength, type Picture } from "../../../gateway/eye/perceive/crop.ts";
import { createPyramid } from "../../../gateway/eye/perceive/pyramid.ts";

const layout = (change: Partial<InputLayout> = {}): InputLayout => ({
  width: 8,
  height: 6,
  channels: "rgb",
  mean: [0, 0, 0],
  std: [1, 1, 1],
  ...change,
});

const plain = (width: number, height: number, [r, g, b]: [number, number, number]): Picture => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => [r, g, b][i % 3]!),
});

const cut = (
  picture: Picture,
  region: { x: number; y: number; width: number; height: number },
  to: InputLayout,
) => crop(picture, region, to, new Float32Array(inputLength(to)));

describe("a crop", () => {
  it("leaves a picture of the right size as it is, in planes", () => {
    const picture = { width: 8, height: 6, rgb: Uint8Array.from({ length: 144 }, (_, i) => i) };
    const planes = cut(picture, { x: 0, y: 0, width: 8, height: 6 }, layout());
    for (let i = 0; i < 48; i++) {
      expect([planes[i], planes[48 + i], planes[96 + i]]).toEqual([i * 3, i * 3 + 1, i * 3 + 2]);
    }
  });

  it("applies mean and deviation, swaps channels and makes grey as OpenCV does", () => {
    const picture = plain(4, 4, [100, 150, 200]);
    const whole = { x: 0, y: 0, width: 4, height: 4 };
    const rgb = cut(picture, whole, layout({ mean: [100, 140, 180], std: [1, 2, 4] }));
    expect([rgb[0], rgb[48], rgb[96]]).toEqual([0, 5, 5]);
    const bgr = cut(picture, whole, layout({ channels: "bgr" }));
    expect(bgr[0]).toBeCloseTo(200, 3);
    expect(bgr[96]).toBeCloseTo(100, 3);
    const grey = cut(picture, whole, layout({ channels: "grey", mean: [0], std: [2] }));
    expect(grey).toHaveLength(48);
    expect(grey[0]).toBeCloseTo((0.299 * 100 + 0.587 * 150 + 0.114 * 200) / 2, 3);
  });

  it("shrinks and enlarges a real picture as an image library does", async () => {
    const { data, info } = await sharp("node_modules/@vladmandic/face-api/demo/sample1.jpg")
      .resize(600, 400)
      .raw()
      .toBuffer({ resolveWithObject: true });
    const picture = { width: info.width, height: info.height, rgb: new Uint8Array(data) };
    for (const region of [
      { x: 100, y: 80, width: 400, height: 300 },
      { x: 200, y: 100, width: 20, height: 15 },
    ]) {
      const to = layout({ width: 80, height: 60 });
      const ours = cut(picture, region, to);
      const { x, y, ...size } = region;
      const theirs = await sharp(data, { raw: { width: 600, height: 400, channels: 3 } })
        .extract({ left: x, top: y, ...size })
        .resize(80, 60, { fit: "fill", kernel: "linear" })
        .raw()
        .toBuffer();
      let difference = 0;
      for (let i = 0; i < 4800; i++) difference += Math.abs(ours[i]! - theirs[i * 3]!) / 4800;
      expect(difference).toBeLessThan(2);
    }
  });

  it("gives finite values within the picture's own, for any region of any picture", () => {
    const size = fc.integer({ min: 1, max: 12 });
    const place = fc.double({ min: -50, max: 50, noNaN: true });
    const extent = fc.double({ min: 0, max: 60, noNaN: true });
    fc.assert(
      fc.property(
        size,
        size,
        place,
        place,
        extent,
        extent,
        fc.infiniteStream(fc.nat(255)),
        (w, h, x, y, W, H, values) => {
          const rgb = Uint8Array.from({ length: w * h * 3 }, () => values.next().value as number);
          const planes = cut({ width: w, height: h, rgb }, { x, y, width: W, height: H }, layout());
          const low = rgb.reduce((a, b) => Math.min(a, b));
          const high = rgb.reduce((a, b) => Math.max(a, b));
          expect(planes.every((value) => value >= low - 0.01 && value <= high + 0.01)).toBe(true);
        },
      ),
    );
  });
});

describe("a pyramid", () => {
  it("gives the smallest copy that still has enough pixels, and keeps the picture's mean", () => {
    const picture = plain(1280, 720, [10, 20, 30]);
    const pyramid = createPyramid(picture);
    const whole = { x: 0, y: 0, width: 1280, height: 720 };
    expect(pyramid.at(whole, 320, 240).picture).toMatchObject({ width: 640, height: 360 });
    expect(pyramid.at({ x: 100, y: 40, width: 640, height: 480 }, 320, 240)).toMatchObject({
      picture: { width: 640, height: 360 },
      region: { x: 50, y: 20, width: 320, height: 240 },
    });
    expect(pyramid.at({ x: 0, y: 0, width: 400, height: 300 }, 320, 240).picture).toBe(picture);
    const small = pyramid.at(whole, 10, 10).picture;
    expect(small.width).toBeLessThan(40);
    expect([...small.rgb.subarray(0, 3)]).toEqual([10, 20, 30]);
  });

  it("takes pictures too small to halve", () => {
    for (const [width, height] of [
      [1, 1],
      [1, 9],
      [9, 1],
    ] as const) {
      const pyramid = createPyramid(plain(width, height, [1, 2, 3]));
      expect(pyramid.at({ x: 0, y: 0, width: 100, height: 100 }, 1, 1).picture).toMatchObject({
        width,
        height,
      });
    }
  });
});
