import type { Target } from "../../terms.ts";
import { type Stay, stayAt } from "./behaviour.ts";
import { headShare } from "./looks.ts";
import { chance, sway } from "./random.ts";
import { directionTo, type Seat } from "./room.ts";
import { bearing, blend, clamp, unit, type Vector } from "./rotation.ts";

/** How a student sits at one moment, in the frame of somebody who faces the board. Angles in degrees. */
export interface Posture {
  readonly target: Target;
  readonly look: Stay["look"];
  readonly head: { readonly yaw: number; readonly pitch: number; readonly roll: number };
  /** Where the eyes point, from the head's own straight ahead. */
  readonly eyes: { readonly yaw: number; readonly pitch: number };
  /** How far the eyelids are open, 0–1. Looking down lowers them. */
  readonly eyesOpen: number;
  /** The head's place. */
  readonly place: Vector;
}

const FARTHEST = 58; // how far a neck turns without the shoulders, about
const BLINK_SECONDS = 0.22;
/** People blink about every four seconds (Bentivoglio 1997: 17 a minute at rest). */
const BLINK_EVERY = 3.6;

/** The posture at a moment. Depends on nothing before it, so any moment costs the same. */
export function postureAt(stays: readonly Stay[], seat: Seat, seed: number, time: number): Posture {
  const index = stayAt(stays, time);
  const stay = stays[index]!;
  const before = stays[index - 1] ?? stay;
  const own = seed + 7919 * (seat.seat + 1);
  const place = placeOf(seat, own, time, stay, before);
  const [from, to] = [headFor(before, seat), headFor(stay, seat)];
  const angle = Math.hypot(to.yaw - from.yaw, to.pitch - from.pitch);
  const progress = smooth((time - stay.start) / (0.25 + angle * 0.009));
  const head = {
    yaw: from.yaw + (to.yaw - from.yaw) * progress + 1.3 * sway(own + 1, time, 7),
    pitch: from.pitch + (to.pitch - from.pitch) * progress + 1.0 * sway(own + 2, time, 6),
    roll: habitualTilt(own) + 1.8 * sway(own + 3, time, 11) - 0.05 * to.yaw * progress,
  };
  // The eyes leave first and arrive within a tenth of a second; the head follows (Land 2006, "Eye movements in daily life").
  const glance = smooth((time - stay.start) / 0.12);
  const gaze = bearing(
    blend(unit(directionTo(place, before.point)), unit(directionTo(place, stay.point)), glance),
  );
  const eyes = {
    yaw: clamp(gaze.yaw - head.yaw, -32, 32),
    pitch: clamp(gaze.pitch - head.pitch, -30, 22),
  };
  const lids = stay.look === "rest" ? 0.04 : clamp(1 + eyes.pitch / 42, 0.35, 1);
  return { target: stay.target, look: stay.look, head, eyes, place, eyesOpen: lids * blink(own, time) };
}

/** Where the head turns for a stay: part of the way to the point. */
function headFor(stay: Stay, seat: Seat): { yaw: number; pitch: number } {
  const gaze = bearing(directionTo(seat.head, stay.point));
  const share = headShare[stay.look];
  return {
    yaw: clamp(gaze.yaw * share.across, -FARTHEST, FARTHEST),
    pitch: clamp(gaze.pitch * share.up, -40, 25),
  };
}

/** The head's place: a little forward and down over the desk, and never quite still. */
function placeOf(seat: Seat, own: number, time: number, stay: Stay, before: Stay): Vector {
  const bend = (one: Stay) =>
    one.look === "desk" ? 1 : one.look === "screen" ? 0.35 : one.look === "rest" ? 1 : 0;
  const share = smooth((time - stay.start) / 1.1);
  const bent = bend(before) + (bend(stay) - bend(before)) * share;
  const [x, y, z] = seat.head;
  const tall = (chance(own, 4) - 0.5) * 0.07;
  return [
    x + 0.012 * sway(own + 5, time, 14) + (chance(own, 6) - 0.5) * 0.05,
    y + tall + 0.003 * sway(own + 7, time, 4) - 0.035 * bent,
    z - 0.09 * bent + 0.01 * sway(own + 8, time, 17),
  ];
}

const habitualTilt = (own: number): number => (chance(own, 9) - 0.5) * 8;

/** 1, and down to 0 and up again during a blink. */
function blink(own: number, time: number): number {
  const slot = Math.floor(time / BLINK_EVERY);
  const start = slot * BLINK_EVERY + chance(own, slot, 10) * (BLINK_EVERY - BLINK_SECONDS);
  const share = (time - start) / BLINK_SECONDS;
  return share <= 0 || share >= 1 ? 1 : clamp(Math.abs(2 * share - 1) * 1.6 - 0.6, 0, 1);
}

/** From 0 to 1 with no jerk at either end (Flash & Hogan 1985). */
function smooth(share: number): number {
  const s = clamp(share, 0, 1);
  return s * s * s * (s * (6 * s - 15) + 10);
}
