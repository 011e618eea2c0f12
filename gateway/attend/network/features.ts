import { ROOM_FEATURES, SEAT_FEATURES, STEP_FEATURES, STEPS } from "../../../models/attention/pack.ts";
import { ACTIVITIES, type Activity, type Face } from "../../terms.ts";
import type { Usual } from "./usual.ts";

/**
 * From what was seen to what the network takes: the same numbers as `models/training/features.py` makes, to which a test
 * holds it.
 */

/** One seat's looks, oldest first, `STEPS` of them; null where no face was found. */
export type Looks = readonly (Face | null)[];

/** The air and light in the room, as far as known: ppm, dB, lux, °C. */
export interface Environment {
  readonly co2?: number;
  readonly noise?: number;
  readonly light?: number;
  readonly temperature?: number;
}

/** Writes STEPS rows of features and the mask, which is 1 where there is a look. Other rows are 0 and are never read. */
export function writeSteps(looks: Looks, usual: Usual, steps: Float32Array, seen: Float32Array): void {
  let before: Face | null = null;
  const [usualWidth, usualHeight] = [2 ** usual.width, 2 ** usual.height];
  for (let step = 0; step < STEPS; step++) {
    const face = looks[step];
    seen[step] = face ? 1 : 0;
    if (!face) continue;
    const { box, yaw, pitch, roll, eyesOpen, score } = face;
    const row = [
      yaw / 30,
      pitch / 20,
      roll / 15,
      eyesOpen === null ? 0 : 2 * eyesOpen - 1,
      eyesOpen === null ? 0 : 1,
      (score - 0.85) / 0.15,
      4 * (Math.log2(Math.max(box.height, 1e-4)) - usual.height),
      (2 * (box.x + box.width / 2 - usual.x)) / usualWidth,
      (2 * (box.y + box.height / 2 - usual.y)) / usualHeight,
      before ? (yaw - before.yaw) / 20 : 0,
      before ? (pitch - before.pitch) / 15 : 0,
      (yaw - usual.yaw) / 20,
      (pitch - usual.pitch) / 12,
    ];
    for (let i = 0; i < row.length; i++) {
      steps[step * STEP_FEATURES.length + i] = Math.min(6, Math.max(-6, row[i]!));
    }
    before = face;
  }
}

export function seatRow(usual: Usual): number[] {
  const { x, y, width, yaw, pitch, yawVariance, pitchVariance, looks } = usual;
  const spreads = [Math.sqrt(yawVariance) / 20, Math.sqrt(pitchVariance) / 12];
  return [2 * x - 1, 2 * y - 1, width + 5, yaw / 30, pitch / 20, ...spreads, looks / (looks + 60)];
}

/** Between what and what the network has seen each in training; what a sensor says beyond is taken for the end of it. */
const AIR = { co2: [400, 3000], noise: [30, 80], light: [30, 2000], temperature: [15, 30] } as const;

/** What is not known, or is no number, is masked: 0 in its place and 0 for known. */
export function roomRow(activity: Activity | null, environment: Environment = {}): number[] {
  const known = (quantity: keyof Environment, scaled: (value: number) => number) => {
    const value = environment[quantity];
    const [least, most] = AIR[quantity];
    return Number.isFinite(value) ? [scaled(Math.min(most, Math.max(least, value!))), 1] : [0, 0];
  };
  return [
    ...ACTIVITIES.map((one) => (one === activity ? 1 : 0)),
    activity === null ? 0 : 1,
    ...known("co2", (ppm) => ppm / 1000 - 1),
    ...known("noise", (decibels) => (decibels - 50) / 20),
    ...known("light", (lux) => Math.log10(lux) - 2.5),
    ...known("temperature", (celsius) => (celsius - 21) / 5),
  ];
}

/** What the network takes for one room of so many seats, all zero. */
export function emptyInputs(seats: number) {
  return {
    steps: {
      data: new Float32Array(seats * STEPS * STEP_FEATURES.length),
      shape: [1, seats, STEPS, STEP_FEATURES.length],
    },
    seen: { data: new Float32Array(seats * STEPS), shape: [1, seats, STEPS] },
    seats: { data: new Float32Array(seats * SEAT_FEATURES.length), shape: [1, seats, SEAT_FEATURES.length] },
    room: { data: new Float32Array(ROOM_FEATURES.length), shape: [1, ROOM_FEATURES.length] },
  };
}
export type Inputs = ReturnType<typeof emptyInputs>;

/** One room, ready for the network; seats in the order given. */
export function inputsOf(
  seats: readonly { readonly looks: Looks; readonly usual: Usual }[],
  room: readonly number[],
): Inputs {
  const inputs = emptyInputs(seats.length);
  const width = STEPS * STEP_FEATURES.length;
  for (const [index, { looks, usual }] of seats.entries()) {
    const steps = inputs.steps.data.subarray(index * width, (index + 1) * width);
    writeSteps(looks, usual, steps, inputs.seen.data.subarray(index * STEPS, (index + 1) * STEPS));
    inputs.seats.data.set(seatRow(usual), index * SEAT_FEATURES.length);
  }
  inputs.room.data.set(room);
  return inputs;
}
