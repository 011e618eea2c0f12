import { describe, expect, it } from "vitest";
import type { Picture } from "../../../gateway/eye/simulate/canvas.ts";
import { readLesson } from "../../../gateway/eye/simulate/lesson.ts";
import { openPainter, type PainterOptions } from "../../../gateway/eye/simulate/painter.ts";
import { drawLots, HAIR_STYLES } from "../../../gateway/eye/simulate/person.ts";
import { openWorld } from "../../../gateway/eye/simulate/world.ts";

const lesson = await readLesson("demo");
const size = { width: 480, height: 270 };
const world = openWorld({ lesson, students: 24, seed: 3, occlusion: 0, ...size });
const plain = {
  room: world.room,
  seed: 3,
  lighting: { brightness: 1, warmth: 0 },
  blur: 0,
  noise: 0,
  ...size,
};
const paint = (time: number, more: Partial<PainterOptions> = {}) =>
  openPainter({ ...plain, ...more }).paint(world.at(time));

const mean = ({ rgb }: Picture, channel: number) => {
  let sum = 0;
  for (let i = channel; i < rgb.length; i += 3) sum += rgb[i]!;
  return sum / (rgb.length / 3);
};
const difference = (a: Picture, b: Picture) =>
  a.rgb.reduce((sum, value, index) => sum + Math.abs(value - b.rgb[index]!), 0) / a.rgb.length;

describe("the painter", () => {
  it("draws the same moment the same, whatever it drew before", async () => {
    const painter = openPainter(plain);
    for (const time of [0, 200, 201]) await painter.paint(world.at(time));
    const [later, fresh] = [await painter.paint(world.at(77)), await paint(77)];
    expect(later.rgb).toHaveLength(size.width * size.height * 3);
    expect(difference(later, fresh)).toBe(0);
  });

  it("draws a class that moves before a room that does not", async () => {
    const [a, b] = [await paint(20), await paint(24)];
    expect(difference(a, b)).toBeGreaterThan(0.05);
    const topRow = { ...size, rgb: a.rgb.slice(0, size.width * 3 * 50) };
    expect(difference(topRow, { ...size, rgb: b.rgb.slice(0, topRow.rgb.length) })).toBe(0);
  });

  it("changes only the heads' surroundings when a head moves", async () => {
    const [a, b] = [await paint(20), await paint(20.4)];
    const { sittings } = world.at(20);
    const near = (x: number, y: number) =>
      sittings.some((one) => Math.abs(one.x - x) < 6 * one.size && Math.abs(one.y - y) < 7 * one.size);
    let [changed, astray] = [0, 0];
    for (let pixel = 0; pixel < a.rgb.length / 3; pixel++) {
      if (a.rgb[pixel * 3] === b.rgb[pixel * 3]) continue;
      changed++;
      if (!near(pixel % size.width, Math.floor(pixel / size.width))) astray++;
    }
    expect(changed).toBeGreaterThan(100);
    expect(astray).toBe(0);
  });

  it("obeys brightness, warmth, blur and noise", async () => {
    const bright = await paint(20);
    const dim = await paint(20, { lighting: { brightness: 0.5, warmth: 0 } });
    expect(mean(dim, 0) / mean(bright, 0)).toBeCloseTo(0.5, 1);
    const warm = await paint(20, { lighting: { brightness: 1, warmth: 1 } });
    expect(mean(warm, 2) / mean(warm, 0)).toBeLessThan(mean(bright, 2) / mean(bright, 0) - 0.1);
    const noisy = await paint(20, { noise: 10 });
    // The mean distance of a normal deviate is 0.8 of its standard deviation.
    expect(difference(noisy, bright)).toBeGreaterThan(6);
    expect(difference(noisy, bright)).toBeLessThan(9);
    const edges = ({ rgb }: Picture) => rgb.reduce((sum, v, i) => sum + Math.abs(v - (rgb[i + 3] ?? v)), 0);
    expect(edges(await paint(20, { blur: 2 }))).toBeLessThan(edges(bright) * 0.7);
  });

  it("draws noise anew in every picture", async () => {
    const still = { ...world.at(20) };
    const painter = openPainter({ ...plain, noise: 10 });
    const [a, b] = [await painter.paint(still), await painter.paint({ ...still, time: 20.1 })];
    expect(difference(a, b)).toBeGreaterThan(6);
  });
});

describe("a class drawn by lot", () => {
  it("has every kind of hair in it, glasses on a quarter, and depends on the seed alone", () => {
    const people = drawLots(24, 5);
    expect(drawLots(24, 5)).toEqual(people);
    expect(new Set(people.map(({ hair }) => hair)).size).toBe(HAIR_STYLES.length);
    expect(people.filter(({ glasses }) => glasses !== null)).toHaveLength(6);
    expect(new Set(people.map(({ skin }) => skin)).size).toBeGreaterThan(6);
  });
});
