import { MOMENTS, SEAT_FEATURES, STEP_FEATURES, STEPS } from "../../../models/attention/pack.ts";
import type { Session } from "../../onnx.ts";
import { TARGETS, type Target } from "../../terms.ts";
import type { Inputs } from "./features.ts";

/**
 * Why the network said what it said of a room, as means over its seats: nobody is explained alone.
 */
export interface Explanation {
  readonly seats: number;
  readonly targets: Readonly<Record<Target, number>>;
  /** α: how much of the answer rests on each second, the last one first; sums to 1. */
  readonly bySecond: readonly number[];
  /** β: the same for whether attention has just moved on. */
  readonly shiftBySecond: readonly number[];
  /** What each signal is worth: by how many nats the answer grows less sure without it, the most first. Below 0 it misled. */
  readonly signals: readonly { readonly signal: string; readonly worth: number }[];
}

type StepFeature = (typeof STEP_FEATURES)[number];

/** What is taken away together. Angles are set to the seat's usual ones, the rest to "as usual" or "not known", which is 0. */
const SIGNALS: Readonly<Record<string, readonly StepFeature[]>> = {
  "turning the head": ["yaw", "yawFromUsual", "yawMotion"],
  "raising or lowering it": ["pitch", "pitchFromUsual", "pitchMotion"],
  "tilting it": ["roll"],
  "the eyelids": ["eyesOpen", "eyesKnown"],
  "leaning over the desk": ["size", "across", "down"],
};

/** Runs the network on the window again and again, each time with one signal taken away. `inputs` is one room. */
export async function explain(session: Session, inputs: Inputs): Promise<Explanation> {
  const seats = inputs.seats.shape[1]!;
  const whole = await session.run({ ...inputs });
  const said = Array.from({ length: seats }, (_, seat) => {
    const row = [...whole.targets!.subarray(seat * TARGETS.length, (seat + 1) * TARGETS.length)];
    return row.indexOf(Math.max(...row));
  });
  const sureness = (targets: Float32Array) =>
    mean(said.map((target, seat) => Math.log(Math.max(targets[seat * TARGETS.length + target]!, 1e-6))));
  const sure = sureness(whole.targets!);
  const signals: { signal: string; worth: number }[] = [];
  for (const [signal, features] of Object.entries(SIGNALS)) {
    const { targets } = await session.run({ ...inputs, steps: without(inputs, features) });
    signals.push({ signal, worth: sure - sureness(targets!) });
  }
  signals.push({ signal: "the others in the room", worth: sure - sureness(await alone(session, inputs)) });
  const quiet = { data: new Float32Array(inputs.room.data.length), shape: inputs.room.shape };
  const { targets } = await session.run({ ...inputs, room: quiet });
  signals.push({ signal: "the activity", worth: sure - sureness(targets!) });
  return {
    seats,
    targets: Object.fromEntries(
      TARGETS.map((target, k) => [
        target,
        mean(said.map((_, seat) => whole.targets![seat * TARGETS.length + k]!)),
      ]),
    ) as Record<Target, number>,
    bySecond: seconds(whole.alpha!, seats),
    shiftBySecond: seconds(whole.beta!, seats),
    signals: signals.sort((a, b) => b.worth - a.worth),
  };
}

function without({ steps, seats }: Inputs, features: readonly StepFeature[]) {
  const data = Float32Array.from(steps.data);
  const width = STEP_FEATURES.length;
  for (const feature of features) {
    const usual = feature === "yaw" ? "usualYaw" : feature === "pitch" ? "usualPitch" : null;
    for (let look = 0; look < data.length / width; look++) {
      const seat = Math.floor(look / STEPS);
      const instead = usual ? seats.data[seat * SEAT_FEATURES.length + SEAT_FEATURES.indexOf(usual)]! : 0;
      data[look * width + STEP_FEATURES.indexOf(feature)] = instead;
    }
  }
  return { data, shape: steps.shape };
}

/** What the network says when every seat is a room of its own. */
async function alone(session: Session, { steps, seen, seats, room }: Inputs): Promise<Float32Array> {
  const count = seats.shape[1]!;
  const apart = ({ data, shape }: Inputs["steps"]) => ({ data, shape: [count, 1, ...shape.slice(2)] });
  const rooms = Float32Array.from(
    { length: count * room.data.length },
    (_, i) => room.data[i % room.data.length]!,
  );
  const { targets } = await session.run({
    steps: apart(steps),
    seen: apart(seen),
    seats: apart(seats),
    room: { data: rooms, shape: [count, room.data.length] },
  });
  return targets!;
}

/** Weights of seats over moments, the last second first, as a mean over seats. */
function seconds(weights: Float32Array, seats: number): number[] {
  return Array.from({ length: MOMENTS }, (_, ago) =>
    mean(Array.from({ length: seats }, (_, seat) => weights[(seat + 1) * MOMENTS - 1 - ago]!)),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** An explanation in words, a few lines long. */
export function explanationLines({
  seats,
  targets,
  bySecond,
  shiftBySecond,
  signals,
}: Explanation): string[] {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const span = (weights: readonly number[], from: number, to: number) =>
    percent(weights.slice(from, to).reduce((sum, weight) => sum + weight, 0));
  const spans = (weights: readonly number[]) =>
    `last second ${span(weights, 0, 1)}, 1–3 s ago ${span(weights, 1, 3)}, 3–10 s ${span(weights, 3, 10)}, 10–30 s ${span(weights, 10, 30)}`;
  const shares = TARGETS.map((target) => `${target} ${percent(targets[target])}`).join(", ");
  return [
    `${seats} heads: ${shares}`,
    `  which seconds decided (α): ${spans(bySecond)}`,
    `  and for shifts (β):        ${spans(shiftBySecond)}`,
    `  which signals decided:     ${signals.map(({ signal, worth }) => `${signal} ${worth.toFixed(2)}`).join(", ")}`,
    "  (nats by which the answer grows less sure without the signal)",
  ];
}
