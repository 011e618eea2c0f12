import { drawLots, type Person } from "../../gateway/eye/simulate/person.ts";
import { type Moment, openWorld, type Sitting, type World } from "../../gateway/eye/simulate/world.ts";
import { ACTIVITIES, TARGETS } from "../../gateway/terms.ts";
import type { DrawnRoom } from "./rooms.ts";

/** Looks at a seat are twice a second, as the network takes them. */
export const STEP_SECONDS = 0.5;

/** One seat at one moment, as a row of numbers. -1 stands for "no shift". `models/training/lessons.py` reads it. */
export const TRUTH_COLUMNS = [
  "x", "y", "width", "height", "yaw", "pitch", "roll", "eyesOpen", "visible", "target", "from", "to",
] as const; // biome-ignore format: the row as it stands in the file

export function truthRow({ box, yaw, pitch, roll, eyesOpen, visible, target, shift }: Sitting): number[] {
  const index = (name: (typeof TARGETS)[number] | undefined) => (name ? TARGETS.indexOf(name) : -1);
  return [
    ...[box.x, box.y, box.width, box.height, yaw, pitch, roll, eyesOpen, visible],
    ...[index(target), index(shift?.from), index(shift?.to)],
  ];
}

/** What a seat's student looks like, as far as results are told apart by it. */
export interface Cohort {
  readonly row: number;
  readonly skin: string;
  readonly hair: Person["hair"];
  readonly glasses: boolean;
}

export function cohortsOf({ students, seed }: DrawnRoom, { room }: World): Cohort[] {
  const people = drawLots(students, seed);
  return room.seats.map(({ seat, row }) => {
    const { skin, hair, glasses } = people[seat]!;
    return { row, skin, hair, glasses: glasses !== null };
  });
}

/** What stands beside a lesson's numbers. */
export function cardOf(room: DrawnRoom, world: World, moments: readonly Moment[]) {
  return {
    kind: room.kind,
    seed: room.seed,
    screens: moments.map(({ screens }) => (screens ? 1 : 0)),
    activity: moments.map(({ activity }) => ACTIVITIES.indexOf(activity)),
    seats: cohortsOf(room, world),
  };
}

/** The room at two moments a second; the shifts at each are those that began since the one before. */
export function momentsOf(world: World, steps: number, from = 0): Moment[] {
  return Array.from({ length: steps }, (_, step) => {
    const time = from + step * STEP_SECONDS;
    return world.at(time, Math.max(0, time - STEP_SECONDS));
  });
}

export { openWorld };
