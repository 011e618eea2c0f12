import path from "node:path";
import type { Logger } from "../../log.ts";
import type { Box, Frame, SeatedFace } from "../../terms.ts";
import { picturesFilm } from "../capture/pictures.ts";
import { readLesson } from "../simulate/lesson.ts";
import { openPainter } from "../simulate/painter.ts";
import { openWorld, type SeatTruth } from "../simulate/world.ts";
import { overlap } from "./boxes.ts";
import type { Perception } from "./perceive.ts";

/** How the faces that were seen compare with those that are there. */
export interface Tally {
  readonly there: number;
  readonly found: number;
  /** Seen where there is none. */
  readonly invented: number;
}

/** Centres of the faces in the six photographs of @vladmandic/face-api (demo/), marked by eye, in shares. */
export const PHOTOGRAPHS: Readonly<Record<string, readonly (readonly [x: number, y: number])[]>> = {
  "sample1.jpg": [
    [0.265, 0.367],
    [0.484, 0.421],
    [0.818, 0.253],
  ],
  "sample2.jpg": [
    [0.234, 0.198],
    [0.507, 0.248],
    [0.802, 0.202],
  ],
  "sample3.jpg": [
    [0.359, 0.346],
    [0.62, 0.257],
    [0.83, 0.32],
  ],
  "sample4.jpg": [
    [0.179, 0.222],
    [0.394, 0.132],
    [0.561, 0.21],
    [0.701, 0.184],
  ],
  "sample5.jpg": [
    [0.241, 0.733],
    [0.358, 0.39],
    [0.456, 0.159],
    [0.622, 0.228],
    [0.783, 0.372],
  ],
  "sample6.jpg": [
    [0.186, 0.404],
    [0.397, 0.312],
    [0.66, 0.29],
    [0.829, 0.265],
  ],
};

/** Looks at the six photographs in the folder, scaled to what a camera would give. */
export async function checkPhotographs(perception: Perception, folder: string, log: Logger): Promise<Tally> {
  const tally = { there: 0, found: 0, invented: 0 };
  for (const [file, centres] of Object.entries(PHOTOGRAPHS)) {
    for await (const picture of picturesFilm(
      path.join(folder, file),
      1920,
      log,
    )(new AbortController().signal)) {
      const frame: Frame = { ...picture, camera: file, sequence: 0, time: 0 };
      const { faces } = await perception.look(frame);
      const found = centres.filter(([x, y]) => faces.some(({ box }) => holds(box, x, y))).length;
      tally.there += centres.length;
      tally.found += found;
      tally.invented += faces.length - found;
    }
  }
  return tally;
}

const holds = (box: Box, x: number, y: number) =>
  x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;

export interface LessonCheck extends Tally {
  /** How often a student was put into another seat than the time before. */
  readonly swaps: number;
  /** Mean absolute error in degrees, for heads turned by 45° at most. */
  readonly yawError: number;
  readonly pitchError: number;
  /** Mean time of one picture in milliseconds. */
  readonly detectMillis: number;
  readonly totalMillis: number;
}

/** A head counts as visible when at least half of its face is. */
const VISIBLE = 0.5;
const LARGEST_YAW = 45;

/** Looks at a simulated lesson of 24 at 1280×720, at moments spread over its ten minutes, and compares with the truth. */
export async function checkLesson(
  perception: Perception,
  { frames, seed, onFrame }: { frames: number; seed: number; onFrame?: (done: number) => void },
): Promise<LessonCheck> {
  const size = { width: 1280, height: 720 };
  const lesson = await readLesson("three-activities");
  const world = openWorld({ ...size, lesson, students: 24, seed, occlusion: 0 });
  const lighting = { brightness: 1, warmth: 0 };
  const painter = openPainter({ ...size, room: world.room, seed, lighting, blur: 0, noise: 0 });
  const tally = { there: 0, found: 0, invented: 0, swaps: 0, detectMillis: 0, totalMillis: 0 };
  const seatOf = new Map<number, number>();
  const errors: { yaw: number; pitch: number }[] = [];
  for (let sequence = 0; sequence < frames; sequence++) {
    const moment = world.at((world.seconds * (sequence + 0.5)) / frames);
    const frame = {
      ...(await painter.paint(moment)),
      camera: `lesson-${seed}`,
      sequence,
      time: sequence * 500,
    };
    const { faces, took } = await perception.look(frame);
    const pairs = match(faces, moment.sittings);
    const visible = moment.sittings.filter((sitting) => sitting.visible >= VISIBLE);
    tally.there += visible.length;
    tally.found += visible.filter((sitting) => pairs.has(sitting)).length;
    tally.invented += faces.length - pairs.size;
    tally.detectMillis += took.detect / frames;
    tally.totalMillis += took.total / frames;
    for (const [truth, face] of pairs) {
      if ((seatOf.get(truth.seat) ?? face.seat) !== face.seat) tally.swaps += 1;
      seatOf.set(truth.seat, face.seat);
      if (Math.abs(truth.yaw) > LARGEST_YAW) continue;
      errors.push({ yaw: Math.abs(face.yaw - truth.yaw), pitch: Math.abs(face.pitch - truth.pitch) });
    }
    onFrame?.(sequence + 1);
  }
  const mean = (angle: "yaw" | "pitch") =>
    errors.reduce((sum, error) => sum + error[angle], 0) / errors.length;
  return { ...tally, yawError: mean("yaw"), pitchError: mean("pitch") };
}

/** Which true face each found one is: the best overlapping pairs first, each once. */
export function match<T extends SeatTruth>(
  faces: readonly SeatedFace[],
  truths: readonly T[],
): Map<T, SeatedFace> {
  const pairs = faces
    .flatMap((face) => truths.map((truth) => ({ face, truth, shared: overlap(face.box, truth.box) })))
    .filter(({ shared }) => shared > 0.2)
    .sort((a, b) => b.shared - a.shared);
  const matched = new Map<T, SeatedFace>();
  const used = new Set<SeatedFace>();
  for (const { face, truth } of pairs) {
    if (matched.has(truth) || used.has(face)) continue;
    matched.set(truth, face);
    used.add(face);
  }
  return matched;
}
