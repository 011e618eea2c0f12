import type { AttentionPack } from "../../../models/attention/pack.ts";
import { MOMENTS } from "../../../models/attention/pack.ts";
import { failure } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { openSession, type Session } from "../../onnx.ts";
import {
  type Activity,
  type Attention,
  type Engine,
  type SeatAttention,
  type Shift,
  TARGETS,
  type Target,
  type TargetShares,
  type View,
} from "../../terms.ts";
import type { Calibration } from "./calibration.ts";
import { type Explanation, explain } from "./explain.ts";
import { type Environment, emptyInputs, inputsOf, roomRow } from "./features.ts";
import { type Memory, rememberCamera } from "./memory.ts";
import type { Usual } from "./usual.ts";

export interface NetworkOptions {
  /** Whether students have screens of their own. Where there are none, nobody is said to look at one. */
  readonly screens: boolean;
  /** The room's air and light at this moment, as far as known. */
  readonly environment?: () => Environment;
  /** What was usual for each camera's places when the gateway last ran (`calibration.ts`). */
  readonly calibration?: Calibration;
}

/** An `Attender` whose answer takes a moment: the network runs on the event loop's next turn. */
export interface NetworkAttender {
  readonly model: string;
  /** Views of one camera must come in the order of their time, each after the answer to the one before. */
  observe(view: View, activity: Activity): Promise<Attention>;
  /** Why it says what it says of what that camera saw last; null for a camera that has seen nobody. */
  explain(camera: string, activity: Activity): Promise<Explanation | null>;
  /** Drops what has been learnt of that camera's view, for the next start too. */
  forget(camera: string): void;
  /** What has been learnt of the room, to be kept for the next start. */
  calibration(): Calibration;
  close(): Promise<void>;
}

/** A shift lasts; it is not told again within this many steps (nobody in the lessons stays with anything for less). */
const SHIFT_REST_STEPS = 3;

/** Loads the network and tries it once. Throws MODEL_LOAD. */
export async function openNetworkAttender(
  { screens, environment = () => ({}), calibration: kept = {} }: NetworkOptions,
  pack: AttentionPack,
  log: Logger,
): Promise<NetworkAttender> {
  const engine: Engine = { provider: "cpu", precision: pack.precision };
  const session = await openTried(pack);
  log.info({ model: pack.id, ...engine }, "the attention network runs");
  const cameras = new Map<string, Camera>();
  let calibration = kept;
  let closed: Promise<void> | undefined;

  async function answer(camera: Camera, activity: Activity): Promise<void> {
    const { memory } = camera;
    const seats = memory.seats();
    const told = await session.run({ ...inputsOf(seats, roomRow(activity, environment())) });
    camera.answers.clear();
    for (const [index, { seat }] of seats.entries()) {
      const targets = sharesOf(row(told.targets!, index, TARGETS.length), screens);
      const confidence = Math.max(...Object.values(targets));
      const shift = shiftOf(told, index, pack.shiftThreshold);
      // However far off it is, where the clock has been set back it lies ahead.
      const since = Math.abs(memory.step - (camera.shifted.get(seat) ?? Number.NEGATIVE_INFINITY));
      const rested = since >= SHIFT_REST_STEPS;
      if (shift && rested) camera.shifted.set(seat, memory.step);
      camera.answers.set(seat, { targets, confidence, shift: rested ? shift : null });
    }
    for (const seat of camera.shifted.keys()) if (!camera.answers.has(seat)) camera.shifted.delete(seat);
  }

  return {
    model: pack.id,
    async observe(view, activity) {
      const camera = cameras.get(view.camera) ?? openCamera(calibration[view.camera]);
      cameras.set(view.camera, camera);
      const before = camera.memory.step;
      camera.memory.see(view.faces, view.time);
      // Two answers a second are enough: between them the last one stands, without the shifts it has told already.
      const fresh = camera.memory.step !== before || view.faces.some(({ seat }) => !camera.answers.has(seat));
      if (fresh && view.faces.length > 0) await answer(camera, activity);
      const seats = view.faces.flatMap(({ seat }): SeatAttention[] => {
        const one = camera.answers.get(seat);
        if (!one) return [];
        return [{ camera: view.camera, seat, ...one, shift: fresh ? one.shift : null }];
      });
      const { id: model, roomError } = pack;
      // The engine that is told is the one that looks: it is what differs from box to box. The model's id names its file.
      return { camera: view.camera, time: view.time, seats, roomError, model, engine: view.engine };
    },
    async explain(name, activity) {
      const seats = cameras.get(name)?.memory.seats() ?? [];
      return seats.length === 0 ? null : explain(session, inputsOf(seats, roomRow(activity, environment())));
    },
    forget(camera) {
      cameras.delete(camera);
      const { [camera]: _, ...others } = calibration;
      calibration = others;
    },
    // Cameras that have not been there this time keep what was known of them.
    calibration: () => ({
      ...calibration,
      ...Object.fromEntries([...cameras].map(([name, { memory }]) => [name, memory.places()])),
    }),
    close: () => (closed ??= session.close()),
  };
}

interface Camera {
  readonly memory: Memory;
  /** What was last said of each seat. */
  readonly answers: Map<number, Omit<SeatAttention, "camera" | "seat">>;
  /** The step at which each seat's last shift was told. */
  readonly shifted: Map<number, number>;
}

const openCamera = (known?: readonly Usual[]): Camera => ({
  memory: rememberCamera(known),
  answers: new Map(),
  shifted: new Map(),
});

async function openTried(pack: AttentionPack): Promise<Session> {
  try {
    // Its values take two megabytes. Fetched from malloc for each look, and aligned, they left holes that nothing else fits
    // into: the gateway's heap grew by 13 MB within a minute (docs/soak.md).
    const session = await openSession(pack.path, "cpu", 1, { arena: true });
    // The first run pays for lazy initialisation, and is where a file that is no such network says so.
    const { targets, alpha } = await session.run({ ...emptyInputs(1) });
    if (targets?.length !== TARGETS.length || alpha?.length !== MOMENTS)
      throw new Error("other outputs than expected");
    return session;
  } catch (error) {
    throw failure("MODEL_LOAD", { file: pack.path, provider: "cpu" }, error);
  }
}

const row = (values: Float32Array, index: number, width: number) =>
  values.subarray(index * width, (index + 1) * width);

/** Scaled to a sum of 1; without screens their share goes to the others in proportion. */
export function sharesOf(values: ArrayLike<number>, screens: boolean): TargetShares {
  const kept = TARGETS.map((target, index) => (target === "screen" && !screens ? 0 : values[index]!));
  const sum = kept.reduce((total, value) => total + value, 0);
  return Object.fromEntries(TARGETS.map((target, index) => [target, kept[index]! / sum])) as Record<
    Target,
    number
  >;
}

function shiftOf(
  told: Readonly<Record<string, Float32Array>>,
  seat: number,
  threshold: number,
): Shift | null {
  const probability = told.shift![seat]!;
  if (probability < threshold) return null;
  const to = mostLikely(row(told.to!, seat, TARGETS.length));
  const from = mostLikely(row(told.from!, seat, TARGETS.length), to);
  return { from, to, probability };
}

/** The most likely target, other than `not`. */
function mostLikely(values: ArrayLike<number>, not?: Target): Target {
  const others = TARGETS.filter((target) => target !== not);
  const value = (target: Target) => values[TARGETS.indexOf(target)]!;
  return others.reduce((best, target) => (value(target) > value(best) ? target : best));
}
