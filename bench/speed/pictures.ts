import { readFile } from "node:fs/promises";
import path from "node:path";
import { images } from "../../gateway/eye/images.ts";
import { PHOTOGRAPHS } from "../../gateway/eye/perceive/selfcheck.ts";
import { jpeg } from "../../gateway/eye/simulate/canvas.ts";
import { readLesson } from "../../gateway/eye/simulate/lesson.ts";
import { openPainter } from "../../gateway/eye/simulate/painter.ts";
import { openWorld } from "../../gateway/eye/simulate/world.ts";
import { packageRoot } from "../../gateway/paths.ts";
import type { Box, Frame } from "../../gateway/terms.ts";

/** A picture as a camera hands it over, with the places of the faces that are in it. */
export interface BenchPicture {
  readonly name: string;
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
  /** Middles of the faces, in shares of the picture. */
  readonly faces: readonly { readonly x: number; readonly y: number }[];
}

export interface ClassOptions {
  readonly students: number;
  readonly width: number;
  readonly height: number;
  readonly count: number;
  readonly seed?: number;
}

/** A head counts as visible when at least half of its face is. */
const VISIBLE = 0.5;

/** Moments of a drawn lesson, as JPEG: drawing is the simulator's work, and none of what is measured. */
export async function drawClass(options: ClassOptions): Promise<BenchPicture[]> {
  const { students, width, height, count, seed = 1 } = options;
  const world = openWorld({
    ...{ width, height, students, seed, occlusion: 0 },
    lesson: await readLesson("three-activities"),
  });
  const lighting = { brightness: 1, warmth: 0 };
  const painter = openPainter({ width, height, room: world.room, seed, lighting, blur: 0, noise: 0 });
  const pictures: BenchPicture[] = [];
  for (let index = 0; index < count; index++) {
    const moment = world.at((world.seconds * (index + 0.5)) / count);
    const visible = moment.sittings.filter((sitting) => sitting.visible >= VISIBLE);
    pictures.push({
      name: `${students} drawn heads, ${width}×${height}, ${index}`,
      jpeg: await jpeg(await painter.paint(moment), 85),
      width,
      height,
      faces: visible.map(({ box }) => placeOf(box)),
    });
  }
  return pictures;
}

const placeOf = ({ x, y, width, height }: Box) => ({ x: x + width / 2, y: y + height / 2 });

/** The six photographs of @vladmandic/face-api, as a camera of that width would give them. */
export async function photographs(width: number): Promise<BenchPicture[]> {
  const folder = path.join(packageRoot, "node_modules", "@vladmandic", "face-api", "demo");
  const sharp = await images();
  return Promise.all(
    Object.entries(PHOTOGRAPHS).map(async ([name, centres]) => {
      const { data, info } = await sharp(await readFile(path.join(folder, name)))
        .resize({ width })
        .jpeg({ quality: 90 })
        .toBuffer({ resolveWithObject: true });
      const faces = centres.map(([x, y]) => ({ x, y }));
      return { name, jpeg: data, width: info.width, height: info.height, faces };
    }),
  );
}

/** What capture does with a JPEG. */
export async function decode({ name, jpeg }: BenchPicture, sequence = 0): Promise<Frame> {
  const sharp = await images();
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true });
  return { camera: name, sequence, time: sequence * 500, width: info.width, height: info.height, rgb: data };
}
