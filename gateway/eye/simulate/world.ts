import type { Activity, Box, HeadPose, Target } from "../../terms.ts";
import { type Behaviour, behave, stayAt } from "./behaviour.ts";
import { type Lesson, lengthOf, segmentAt } from "./lesson.ts";
import { type Posture, postureAt } from "./posture.ts";
import { chance } from "./random.ts";
import { FACE, layRoom, lineOfSight, project, type Room, type RoomShape } from "./room.ts";
import { type Matrix, matrixOf, poseOf, times } from "./rotation.ts";

/** What is exactly true of one seat at one moment, in the terms of `terms.ts`: what the eye ought to read. */
export interface SeatTruth extends HeadPose {
  readonly seat: number;
  /** Forehead to chin, ear to ear as far as they face the camera. May reach beyond the picture. */
  readonly box: Box;
  /** How far the eyelids are open, 0–1; below about 0.3 eyes look closed. */
  readonly eyesOpen: number;
  readonly target: Target;
  /** The turn from one target to another that began since the moment before, if one did. */
  readonly shift: { readonly from: Target; readonly to: Target } | null;
  /** Share of the face that neither another student, nor a hand, nor the picture's edge hides. */
  readonly visible: number;
}

/** One line of `truth.jsonl`, but for the frame's number and time. */
export interface Truth {
  readonly activity: Activity;
  readonly seats: readonly SeatTruth[];
}

/** A seat's truth, and what else the drawing needs to know. */
export interface Sitting extends SeatTruth {
  readonly posture: Posture;
  readonly rotation: Matrix;
  /** The head's middle in the picture, in pixels, and pixels to half a face's width. */
  readonly x: number;
  readonly y: number;
  readonly size: number;
  /** A hand is held before the mouth and chin. */
  readonly handBefore: boolean;
}

export interface Moment {
  /** Seconds from the lesson's start. */
  readonly time: number;
  readonly activity: Activity;
  readonly screens: boolean;
  readonly airing: boolean;
  /** By seat. */
  readonly sittings: readonly Sitting[];
}

export interface WorldOptions {
  readonly lesson: Lesson;
  readonly students: number;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  /** Share of the class that holds a hand before the face at any moment. */
  readonly occlusion: number;
  /** How the room differs from the usual one. */
  readonly shape?: RoomShape;
}

/** A lesson in a classroom, without pixels. Nothing in it depends on what was asked before. */
export interface World {
  readonly room: Room;
  readonly seconds: number;
  /** The room at that second; shifts are those that began after `since` (by default none). */
  at(time: number, since?: number): Moment;
}

export function openWorld({ lesson, students, seed, width, height, occlusion, shape }: WorldOptions): World {
  const room = layRoom(students, shape);
  const behaviour = behave(lesson, room, seed);
  return {
    room,
    seconds: lengthOf(lesson),
    at(time, since = time) {
      const { segment } = segmentAt(lesson, time);
      const seated = room.seats.map(({ seat }) => {
        const posture = postureAt(behaviour[seat]!, room.seats[seat]!, seed, time);
        const shift = shiftOf(behaviour, seat, since, time);
        const handBefore = chance(seed, seat, Math.floor(time / 15 + seat / 7), 41) < occlusion;
        return { seat, shift, handBefore, posture, ...seen(room, posture, width, height) };
      });
      const sittings = seated.map((one) => ({ ...one, visible: visible(one, seated, width, height) }));
      const { activity, screens, windows } = segment;
      return { time, activity, screens: screens === "open", airing: windows === "open", sittings };
    },
  };
}

/** The exact truth, and nothing that only the drawing needs. */
export function truthOf({ activity, sittings }: Moment): Truth {
  const seats = sittings.map(({ seat, box, yaw, pitch, roll, eyesOpen, target, shift, visible }) => {
    return { seat, box, yaw, pitch, roll, eyesOpen, target, shift, visible };
  });
  return { activity, seats };
}

function shiftOf(behaviour: Behaviour, seat: number, since: number, time: number): SeatTruth["shift"] {
  const stays = behaviour[seat]!;
  const from = stays[stayAt(stays, since)]!.target;
  const to = stays[stayAt(stays, time)]!.target;
  return from === to ? null : { from, to };
}

/** The head as the camera sees it. */
function seen(room: Room, posture: Posture, width: number, height: number) {
  const rotation = times(lineOfSight(room, posture.place), matrixOf(posture.head));
  const { x, y, scale } = project(room, posture.place, width / height);
  const middle = { x: x * width, y: y * height, size: FACE * scale * width };
  return {
    ...poseOf(rotation),
    ...middle,
    rotation,
    box: faceBox(rotation, middle, width, height),
    eyesOpen: posture.eyesOpen,
    target: posture.target,
  };
}

/** The face as an ellipsoid, in halves of its width, before the middle of the head. */
const ELLIPSOID = { centre: [0, -0.25, 0.28], radii: [0.93, 1.17, 0.8] } as const;

/** The box around the projected ellipsoid: half its extent along an axis is the length of that row times the radii. */
function faceBox(m: Matrix, at: { x: number; y: number; size: number }, width: number, height: number): Box {
  const { centre, radii } = ELLIPSOID;
  const along = (row: 0 | 1) => ({
    middle: m[row][0] * centre[0] + m[row][1] * centre[1] + m[row][2] * centre[2],
    half: Math.hypot(m[row][0] * radii[0], m[row][1] * radii[1], m[row][2] * radii[2]),
  });
  const [across, up] = [along(0), along(1)];
  return {
    x: (at.x + (across.middle - across.half) * at.size) / width,
    y: (at.y - (up.middle + up.half) * at.size) / height,
    width: (2 * across.half * at.size) / width,
    height: (2 * up.half * at.size) / height,
  };
}

type Placed = Pick<Sitting, "x" | "y" | "size" | "box" | "handBefore">;

/** Tries a grid of points in the face against everybody nearer, whose outlines are an ellipse on a pair of shoulders. */
function visible(one: Placed, all: readonly Placed[], width: number, height: number): number {
  const nearer = all.filter(
    (other) => other.size > one.size * 1.02 && Math.abs(other.x - one.x) < 3 * (other.size + one.size),
  );
  const [cx, cy] = [(one.box.x + one.box.width / 2) * width, (one.box.y + one.box.height / 2) * height];
  let [tried, free] = [0, 0];
  for (let i = -4; i <= 4; i++) {
    for (let j = -4; j <= 4; j++) {
      const [u, v] = [i / 4.5, j / 4.5];
      if (u * u + v * v > 1) continue;
      tried++;
      const [x, y] = [cx + (u * one.box.width * width) / 2, cy + (v * one.box.height * height) / 2];
      const inside = x >= 0 && x < width && y >= 0 && y < height;
      const behindHand = one.handBefore && v > 0.3;
      if (inside && !behindHand && !nearer.some((other) => covers(other, x, y))) free++;
    }
  }
  return free / tried;
}

function covers({ x, y, size }: Placed, px: number, py: number): boolean {
  const [u, v] = [(px - x) / size, (py - y) / size];
  const head = (u / 1.15) ** 2 + ((v + 0.1) / 1.5) ** 2 < 1;
  const shoulders = v > 1.75 + 0.35 * Math.abs(u) && Math.abs(u) < 2.3;
  return head || shoulders;
}
