import { type Lesson, lessonSchema } from "../../gateway/eye/simulate/lesson.ts";
import { LOOKS } from "../../gateway/eye/simulate/looks.ts";
import { between, pick, type Random, randomFrom } from "../../gateway/eye/simulate/random.ts";
import { layRoom, type RoomShape } from "../../gateway/eye/simulate/room.ts";
import type { WorldOptions } from "../../gateway/eye/simulate/world.ts";
import { ACTIVITIES, type Activity, TARGETS, type TargetShares } from "../../gateway/terms.ts";

/**
 * Rooms and lessons by lot, for training and for testing the attention network. Whole *kinds* of rooms are held out:
 * training and validation never see one, so that what is measured on them is transfer to other rooms and not memory.
 */
export const TRAINING_KINDS = ["usual", "board aside", "narrow", "small"] as const;
export const HELD_OUT_KINDS = ["camera in the corner", "hall"] as const;
export const KINDS = [...TRAINING_KINDS, ...HELD_OUT_KINDS] as const;
export type Kind = (typeof KINDS)[number];

/** A room with its lesson, as `openWorld` and `openPainter` take it. The same kind and seed give the same room. */
export interface DrawnRoom extends WorldOptions {
  readonly kind: Kind;
  readonly lesson: Lesson;
  readonly shape: RoomShape;
  readonly lighting: { readonly brightness: number; readonly warmth: number };
  readonly blur: number;
  readonly noise: number;
}

export function drawRoom(kind: Kind, seed: number, minutes = 5): DrawnRoom {
  const random = randomFrom(seed, KINDS.indexOf(kind), 501);
  const { students, shape } = plans[kind](random);
  return {
    kind,
    seed,
    students,
    shape: { ...shape, camera: { ...shape.camera, pan: panToClass(students, shape) } },
    lesson: drawLesson(random, minutes),
    // A face must be some 25 pixels wide to be read (docs/models.md); a hall needs a better camera for that.
    ...(kind === "hall" ? { width: 1920, height: 1080 } : { width: 1280, height: 720 }),
    occlusion: between(random, 0, 0.06),
    lighting: { brightness: between(random, 0.6, 1.1), warmth: between(random, -0.6, 0.6) },
    blur: random() < 0.4 ? between(random, 0.4, 1) : 0,
    noise: between(random, 0, 6),
  };
}

type Plan = { students: number; shape: RoomShape };

const whole = (random: Random, low: number, high: number) => Math.floor(between(random, low, high + 1));
const eitherSide = (random: Random, low: number, high: number) =>
  between(random, low, high) * (random() < 0.5 ? -1 : 1);

const plans: Record<Kind, (random: Random) => Plan> = {
  usual: (random) => ({
    students: whole(random, 12, 30),
    shape: {
      rowSpacing: between(random, 0.8, 1.1),
      boardRight: between(random, -0.4, 0.4),
      camera: { right: between(random, -0.6, 0.6), above: between(random, 1.9, 2.5), tilt: 13 },
    },
  }),
  "board aside": (random) => ({
    students: whole(random, 12, 30),
    shape: {
      rowSpacing: between(random, 0.8, 1.1),
      boardRight: eitherSide(random, 0.6, 1.6),
      camera: { right: eitherSide(random, 0.2, 1.2), above: between(random, 1.8, 2.5), tilt: 13 },
    },
  }),
  narrow: (random) => ({
    students: whole(random, 10, 20),
    shape: {
      columns: 4,
      rowSpacing: between(random, 0.85, 1.1),
      boardRight: between(random, -0.6, 0.6),
      camera: { right: between(random, -0.8, 0.8), above: between(random, 2, 2.6), tilt: 14 },
    },
  }),
  small: (random) => ({
    students: whole(random, 6, 12),
    shape: {
      boardRight: between(random, -1, 1),
      camera: { right: between(random, -0.8, 0.8), above: between(random, 1.7, 2.4), tilt: 12 },
    },
  }),
  "camera in the corner": (random) => ({
    students: whole(random, 14, 26),
    shape: {
      rowSpacing: between(random, 0.85, 1.05),
      boardRight: between(random, -0.3, 0.3),
      camera: { right: eitherSide(random, 1.5, 2.1), above: between(random, 2.1, 2.5), tilt: 13 },
    },
  }),
  hall: (random) => ({
    students: whole(random, 30, 38),
    shape: {
      columns: whole(random, 9, 10),
      rowSpacing: between(random, 0.95, 1.15),
      boardRight: between(random, -0.8, 0.8),
      camera: { right: between(random, -0.8, 0.8), above: between(random, 2.4, 2.8), tilt: 14 },
    },
  }),
};

/** Degrees by which a camera that stands aside is turned to have the class in the middle of its picture. */
function panToClass(students: number, shape: RoomShape): number {
  const { seats, camera } = layRoom(students, shape);
  const bearings = seats.map(({ head: [x, , z] }) => Math.atan2(x - camera.at[0], z - camera.at[2]));
  return ((Math.min(...bearings) + Math.max(...bearings)) * 90) / Math.PI;
}

/** Typical shares of time during each activity; what a lesson gets is drawn around them. */
const TYPICAL: Record<Activity, TargetShares> = {
  lecture: { board: 0.6, desk: 0.2, screen: 0.03, peer: 0.06, away: 0.11 },
  seatwork: { board: 0.08, desk: 0.4, screen: 0.35, peer: 0.07, away: 0.1 },
  group: { board: 0.06, desk: 0.26, screen: 0.08, peer: 0.46, away: 0.14 },
  exam: { board: 0.06, desk: 0.76, screen: 0.06, peer: 0.03, away: 0.09 },
  break: { board: 0.05, desk: 0.1, screen: 0.1, peer: 0.4, away: 0.35 },
};
const SCREENS: Record<Activity, number> = {
  lecture: 0.25,
  seatwork: 0.7,
  group: 0.4,
  exam: 0.25,
  break: 0.4,
};
/** In this share of the segments the class does something else altogether, so that the activity is a hint and no oracle. */
const UNTYPICAL = 0.3;

function drawLesson(random: Random, minutes: number): Lesson {
  const count = whole(random, 2, 4);
  const segments = Array.from({ length: count }, () => {
    const activity = pick(random, [
      ["lecture", 4],
      ["seatwork", 4],
      ["group", 3],
      ["exam", 2],
      ["break", 1],
    ] as const);
    const screens = random() < SCREENS[activity];
    const pace = between(random, 0.6, 1.6);
    const dwell = { board: 12, desk: 14, screen: 14, peer: 5, away: 6 };
    return {
      minutes: minutes / count,
      activity,
      screens: screens ? "open" : "closed",
      mix: drawMix(
        random,
        random() < UNTYPICAL
          ? pick(
              random,
              ACTIVITIES.map((one) => [one, 1] as const),
            )
          : activity,
        screens,
      ),
      dwell: Object.fromEntries(
        TARGETS.map((target) => [target, dwell[target] * pace * between(random, 0.7, 1.4)]),
      ),
    };
  });
  const events = Array.from({ length: whole(random, 0, 3) }, () => ({
    at: between(random, 5, minutes * 60 - 30),
    seconds: between(random, 4, 40),
    share: between(random, 0.2, 0.9),
    to: pick(
      random,
      LOOKS.filter((look) => look !== "screen").map((look) => [look, 1] as const),
    ),
  }));
  return lessonSchema.parse({ title: "Drawn by lot", segments, events });
}

/** Shares around the typical ones: a Dirichlet draw. */
function drawMix(random: Random, activity: Activity, screens: boolean): Record<string, number> {
  const typical = TYPICAL[activity];
  const weights = TARGETS.map((target) => {
    if (target === "screen" && !screens) return 0;
    return gamma(random, 6 * typical[target] + 0.25);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return Object.fromEntries(TARGETS.map((target, index) => [target, weights[index]! / sum]));
}

/** A gamma deviate of that shape (Marsaglia & Tsang 2000; below 1 by their boost). */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * random() ** (1 / shape);
  const d = shape - 1 / 3;
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const v = (1 + normal / Math.sqrt(9 * d)) ** 3;
    if (v > 0 && Math.log(1 - random()) < 0.5 * normal ** 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
