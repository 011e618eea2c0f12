import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type EngineState,
  openPerception,
  type Perception,
  perceiveOptions,
} from "../../../gateway/eye/perceive/perceive.ts";
import { readLesson } from "../../../gateway/eye/simulate/lesson.ts";
import { openPainter } from "../../../gateway/eye/simulate/painter.ts";
import { openWorld } from "../../../gateway/eye/simulate/world.ts";
import { createLogger } from "../../../gateway/log.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import type { Frame, SeatedFace, View } from "../../../gateway/terms.ts";
import { preparedForTests } from "../../models/prepared.ts";
import { temporaryFolder } from "../../support/places.ts";
import { until } from "../../support/programs.ts";

const photos = path.join(packageRoot, "node_modules", "@vladmandic", "face-api", "demo");
const prepared = await preparedForTests();
const log = createLogger("error", false);
const options = perceiveOptions.parse({});

async function frameOf(input: Sharp, camera = "test", sequence = 0): Promise<Frame> {
  const { data, info } = await input.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return {
    camera,
    sequence,
    time: sequence * 200,
    width: info.width,
    height: info.height,
    rgb: new Uint8Array(data),
  };
}

const photo = (number: number) => frameOf(sharp(path.join(photos, `sample${number}.jpg`)), `photo-${number}`);

describe.skipIf(!prepared || !existsSync(photos))(
  "perception (needs the model pack and the six photographs)",
  () => {
    let perception: Perception;
    const views: View[] = [];
    /** The face nearest to that place, in pixels of the photograph. */
    const at = (number: number, x: number, y: number): SeatedFace => {
      const { faces, width, height } = views[number - 1]!;
      const distance = ({ box }: SeatedFace) =>
        Math.hypot((box.x + box.width / 2) * width - x, (box.y + box.height / 2) * height - y);
      return [...faces].sort((a, b) => distance(a) - distance(b))[0]!;
    };

    beforeAll(async () => {
      perception = await openPerception(options, prepared!.pack, log);
      for (let number = 1; number <= 6; number++) views.push(await perception.look(await photo(number)));
    });
    afterAll(() => perception?.close());

    it("finds the 22 faces of the six photographs and nothing else", () => {
      expect(views.map(({ faces }) => faces.length)).toEqual([3, 3, 3, 4, 5, 4]);
    });

    it("says what ran, and how long each step took", () => {
      expect(perception.engine).toEqual({
        provider: expect.stringMatching(/cpu|cuda|tensorrt/),
        precision: prepared!.pack.ready.cpu.pose.precision,
      });
      for (const { took, engine } of views) {
        expect(engine).toEqual(perception.engine);
        expect(took.detect).toBeGreaterThan(0);
        expect(took.pose).toBeGreaterThan(0);
        expect(took.total).toBeCloseTo(took.detect + took.pose, 6);
      }
    });

    // What a person sees in the photographs fixes the signs of terms.ts, whatever the simulator's own convention.
    it("reads yaw as positive to the right of the picture", () => {
      expect(at(2, 450, 270).yaw).toBeLessThan(-55); // in profile, the nose to the left
      expect(at(1, 508, 447).yaw).toBeLessThan(-15);
      expect(at(4, 344, 321).yaw).toBeGreaterThan(20); // over the shoulder, to the right
      expect(at(5, 687, 545).yaw).toBeGreaterThan(25);
    });

    it("reads pitch as negative for a face bent down", () => {
      expect(at(2, 974, 339).pitch).toBeLessThan(-25); // she looks into her lap
      expect(at(5, 1195, 318).pitch).toBeGreaterThan(5); // her chin is up
    });

    it("reads roll as positive when the crown tilts to the right of the picture", () => {
      expect(at(1, 1570, 324).roll).toBeGreaterThan(20);
      expect(at(4, 756, 191).roll).toBeGreaterThan(20);
      expect(at(1, 930, 539).roll).toBeLessThan(-25);
    });

    it("tells open eyes from closed ones, and does not guess at a profile", () => {
      expect(at(1, 930, 539).eyesOpen).toBeLessThan(0.2);
      expect(at(2, 1540, 276).eyesOpen).toBeLessThan(0.2);
      for (const [number, x, y] of [
        [3, 689, 467],
        [3, 1190, 347],
        [6, 357, 621],
        [6, 1583, 407],
      ] as const) {
        expect(at(number, x, y).eyesOpen).toBeGreaterThan(0.8);
      }
      expect(at(2, 450, 270).eyesOpen).toBeNull();
    });

    it("keeps a face in its seat when the picture moves a little and when it is missed", async () => {
      const shifted = (left: number, sequence: number) =>
        frameOf(
          sharp(path.join(photos, "sample5.jpg")).extract({ left, top: 0, width: 1800, height: 1398 }),
          "moving",
          sequence,
        );
      const first = await perception.look(await shifted(0, 0));
      await perception.look(await shifted(20, 1));
      await perception.look(await shifted(40, 2));
      const blank = await frameOf(
        sharp({ create: { width: 1800, height: 1398, channels: 3, background: "#456" } }),
        "moving",
        3,
      );
      const seats = first.faces.map(({ seat }) => seat).sort();
      expect((await perception.look(blank)).missing.toSorted()).toEqual(seats);
      const last = await perception.look(await shifted(60, 4));
      expect(last.faces.map(({ seat }) => seat).sort()).toEqual(seats);
    });

    it("finds the faces of a class far away only with tiles", async () => {
      const group = await sharp(path.join(photos, "sample5.jpg")).resize(300).toBuffer();
      const { height = 0 } = await sharp(group).metadata();
      const far = await frameOf(
        sharp({ create: { width: 1280, height: 720, channels: 3, background: "#888" } }).composite(
          [
            [20, 30],
            [700, 300],
            [960, 480],
          ].map(([left, top]) => ({ input: group, left: left!, top: Math.min(top!, 720 - height) })),
        ),
        "far",
      );
      const blind = await openPerception({ ...options, tiles: 0 }, prepared!.pack, log);
      const without = (await blind.look(far)).faces.length;
      await blind.close();
      const { faces } = await perception.look(far);
      expect(faces.length).toBeGreaterThanOrEqual(14);
      expect(faces.length).toBeLessThanOrEqual(16);
      expect(without).toBeLessThan(faces.length);
    });

    it("takes pictures in which there is nothing to see", async () => {
      for (const [width, height] of [
        [1, 1],
        [3, 500],
        [500, 2],
        [640, 480],
        [1921, 1081],
      ] as const) {
        for (const background of ["#000", "#808080", "#fff"]) {
          const frame = await frameOf(
            sharp({ create: { width, height, channels: 3, background } }),
            `${width}x${height}`,
          );
          expect((await perception.look(frame)).faces).toEqual([]);
        }
      }
    });

    it("takes a face that leaves the picture on any side", async () => {
      for (const [left, top] of [
        [500, 420],
        [330, 300],
        [380, 420],
      ] as const) {
        const frame = await frameOf(
          sharp(path.join(photos, "sample1.jpg")).extract({ left, top, width: 140, height: 160 }),
          "edge",
        );
        for (const { box, yaw, pitch, roll } of (await perception.look(frame)).faces) {
          expect([yaw, pitch, roll].every(Number.isFinite)).toBe(true);
          expect(box.x + box.width).toBeLessThanOrEqual(1 + 1e-9);
          expect(box.y + box.height).toBeLessThanOrEqual(1 + 1e-9);
        }
      }
    });

    it("serves two cameras at once without mixing them up", async () => {
      const [one, two] = await Promise.all(
        [photo(1), photo(5)].map(async (frame) => perception.look(await frame)),
      );
      expect(one!.faces).toHaveLength(3);
      expect(two!.faces).toHaveLength(5);
      expect(one!.camera).toBe("photo-1");
      expect(Math.min(...two!.faces.map(({ seat }) => seat))).toBe(1);
    });

    it("runs on the first provider that works, and says why the others do not", async () => {
      const told: EngineState[] = [];
      const ladder = await openPerception(options, prepared!.pack, log, (state) => told.push(state));
      const tried = options.providers.indexOf(ladder.engine.provider);
      await until(() => ladder.building === null || undefined, 60);
      expect(ladder.refused.map(({ provider }) => provider).sort()).toEqual(
        options.providers.slice(0, tried).sort(),
      );
      for (const { why } of ladder.refused) expect(why.length).toBeGreaterThan(10);
      if (told.length > 0) expect(told.at(-1)).toMatchObject({ engine: ladder.engine, building: null });
      await ladder.close();
      await ladder.close();
    });

    /** The pack, with another file for the head pose. */
    const withPose = (file: string) => {
      const { pack } = prepared!;
      const networks = { ...pack.ready.cpu, pose: { ...pack.ready.cpu.pose, path: file } };
      return { ...pack, ready: { ...pack.ready, cpu: networks } };
    };
    const silent = createLogger("error", false);
    silent.level = "silent";

    it("refuses a pack that no provider can load, and says which", async () => {
      const broken = path.join(await temporaryFolder(), "pose.onnx");
      await writeFile(broken, "no network");
      const attempt = openPerception({ ...options, providers: ["cpu"] }, withPose(broken), silent);
      await expect(attempt).rejects.toMatchObject({
        code: "MODEL_LOAD",
        message: expect.stringContaining("cpu"),
      });
    });

    it("refuses networks that do not say what they are asked", async () => {
      const eyes = prepared!.pack.ready.cpu.eyes.path;
      const attempt = openPerception({ ...options, providers: ["cpu"] }, withPose(eyes), silent);
      const error = await attempt.catch((thrown) => thrown);
      expect(error.code).toBe("MODEL_LOAD");
    });

    // The figures are those of the pipeline that looked at one face after the other, in float, before there were batches.
    it("sees in batches what it saw one by one", async () => {
      const before = JSON.parse(
        await readFile(path.join(import.meta.dirname, "fixtures/one-by-one.json"), "utf8"),
      );
      const differences = { yaw: [] as number[], pitch: [] as number[], roll: [] as number[] };
      const fresh = await openPerception(options, prepared!.pack, log);
      for (const [name, faces] of Object.entries<number[][]>(before)) {
        const number = Number(name.at(-1));
        const view = await fresh.look(await (name.startsWith("sample") ? photo(number) : drawn(number)));
        expect(view.faces.length, name).toBe(faces.length);
        for (const [x, y, width, height, yaw, pitch, roll] of faces as [
          number,
          number,
          number,
          number,
          number,
          number,
          number,
        ][]) {
          const middle = { x: x + width / 2, y: y + height / 2 };
          const same = view.faces.find(
            ({ box }) =>
              Math.abs(box.x + box.width / 2 - middle.x) < width / 2 &&
              Math.abs(box.y + box.height / 2 - middle.y) < height / 2,
          );
          expect(same, `${name}: a face at ${middle.x}, ${middle.y}`).toBeDefined();
          differences.yaw.push(Math.abs(same!.yaw - yaw));
          differences.pitch.push(Math.abs(same!.pitch - pitch));
          differences.roll.push(Math.abs(same!.roll - roll));
        }
      }
      await fresh.close();
      // Most agree to a degree; of heads a few dozen pixels wide some do not, whichever way they are looked at.
      for (const angles of Object.values(differences)) {
        const middle = angles.toSorted((a, b) => a - b)[angles.length >> 1];
        expect(middle).toBeLessThan(1);
        expect(angles.reduce((sum, angle) => sum + angle) / angles.length).toBeLessThan(2.5);
      }
    });
  },
);

/** A moment of a drawn lesson, 24 heads at 1280×720. */
async function drawn(number: number): Promise<Frame> {
  const size = { width: 1280, height: 720 };
  const seed = 7;
  const world = openWorld({
    ...size,
    lesson: await readLesson("three-activities"),
    students: 24,
    seed,
    occlusion: 0,
  });
  const lighting = { brightness: 1, warmth: 0 };
  const painter = openPainter({ ...size, room: world.room, seed, lighting, blur: 0, noise: 0 });
  const picture = await painter.paint(world.at(20 + number * 100));
  return { ...picture, camera: `drawn-${number}`, sequence: 0, time: 0 };
}
