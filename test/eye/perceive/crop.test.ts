import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { crop, type Picture, type Size } from "../../../gateway/eye/perceive/crop.ts";
import { createPyramid } from "../../../gateway/eye/perceive/pyramid.ts";

const plain = (width: number, height: number, [r, g, b]: [number, number, number]): Picture => ({
  width,
  height,
  rgb: Uint8Array.from({ length: width * height * 3 }, (_, i) => [r, g, b][i % 3]!),
});

const cut = (
  picture: Picture,
  region: { x: number; y: number; width: number; height: number },
  size: Size,
) => {
  const into = new Uint8Array(size.width * size.height * 3);
  crop(picture, region, size, into);
  return into;
};

describe("a crop", () => {
  it("leaves a picture of the right size as it is", () => {
    for (const [width, height] of [
      [8, 6],
      [7, 5], // rows that do not end on a whole word
    ] as const) {
      const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256);
      const size = { width, height };
      expect(cut({ ...size, rgb }, { x: 0, y: 0, ...size }, size)).toEqual(rgb);
    }
  });

  it("keeps an even colour even, whatever the region", () => {
    const picture = plain(40, 30, [255, 128, 1]);
    for (const region of [
      { x: 3.3, y: 2.7, width: 11.1, height: 7.9 },
      { x: -20, y: -20, width: 90, height: 90 },
      { x: 0, y: 0, width: 40, height: 30 },
    ]) {
      expect(cut(picture, region, { width: 9, height: 7 })).toEqual(plain(9, 7, [255, 128, 1]).rgb);
    }
  });

  it("counts every pixel of what it shrinks", () => {
    for (const scale of [1.3, 2, 3, 3.7, 8]) {
      const width = Math.round(40 * scale);
      for (let bright = 0; bright < width; bright++) {
        const rgb = new Uint8Array(width * 3).fill(255, bright * 3, bright * 3 + 3);
        const line = cut(
          { width, height: 1, rgb },
          { x: 0, y: 0, width, height: 1 },
          { width: 40, height: 1 },
        );
        expect(Math.max(...line), `pixel ${bright} of ${width}`).toBeGreaterThan(0);
      }
    }
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
      const ours = cut(picture, region, { width: 80, height: 60 });
      const { x, y, ...size } = region;
      const theirs = await sharp(data, { raw: { width: 600, height: 400, channels: 3 } })
        .extract({ left: x, top: y, ...size })
        .resize(80, 60, { fit: "fill", kernel: "linear" })
        .raw()
        .toBuffer();
      let difference = 0;
      for (const [i, value] of ours.entries()) difference += Math.abs(value - theirs[i]!) / ours.length;
      // Theirs is a wider filter where it shrinks.
      expect(difference).toBeLessThan(4);
    }
  });

  it("gives values within the picture's own, for any region of any picture", () => {
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
          const size = { width: 8, height: 6 };
          const bytes = cut({ width: w, height: h, rgb }, { x, y, width: W, height: H }, size);
          const low = rgb.reduce((a, b) => Math.min(a, b));
          const high = rgb.reduce((a, b) => Math.max(a, b));
          expect(bytes.every((value) => value >= low - 1 && value <= high + 1)).toBe(true);
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

  it("gives the mean of four pixels for each, whatever the picture's size and wherever in memory it lies", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 2, max: 9 }),
        fc.nat(3),
        fc.infiniteStream(fc.nat(255)),
        (width, height, offset, values) => {
          const memory = new Uint8Array(offset + width * height * 3);
          const rgb = memory.subarray(offset);
          for (let at = 0; at < rgb.length; at++) rgb[at] = values.next().value as number;
          const all = { x: 0, y: 0, width, height };
          const [w, h] = [width >> 1, height >> 1];
          const { picture } = createPyramid({ width, height, rgb }).at(all, w, h);
          expect([picture.width, picture.height]).toEqual([w, h]);
          const mean = Array.from({ length: w * h * 3 }, (_, at) => {
            const [pixel, colour] = [Math.floor(at / 3), at % 3];
            const first = (Math.floor(pixel / w) * 2 * width + (pixel % w) * 2) * 3 + colour;
            const four = [0, 3, width * 3, width * 3 + 3].map((away) => rgb[first + away]!);
            return Math.floor((four.reduce((sum, value) => sum + value) + 2) / 4);
          });
          expect([...picture.rgb]).toEqual(mean);
          // And what is cut out of it does not depend on the place either.
          const size = { width: 4, height: 3 };
          expect(cut({ width, height, rgb }, all, size)).toEqual(
            cut({ width, height, rgb: rgb.slice() }, all, size),
          );
        },
      ),
    );
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
