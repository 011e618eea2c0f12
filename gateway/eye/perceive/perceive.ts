import { z } from "zod";
import type { PreparedPack } from "../../../models/manifest.ts";
import type { Logger } from "../../log.ts";
import type { Engine, Face, Frame, View } from "../../terms.ts";
import { detectFaces } from "./detect.ts";
import { eyesOpen } from "./eyes.ts";
import { headPoses } from "./pose.ts";
import { openOnBest, providerOptions, type Refused, type Running } from "./providers/ladder.ts";
import type { Halves } from "./pyramid.ts";
import { createSeats, type Seats } from "./track.ts";

export const perceiveOptions = z.strictObject({
  ...providerOptions,
  minimumScore: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.7)
    .describe("How sure the detector must be of a face, 0–1."),
  smallestFacePixels: z
    .number()
    .min(8)
    .default(24)
    .describe(
      "Width of the smallest face to find, in pixels of the camera's picture; decides how many tiles are searched.",
    ),
  tiles: z
    .union([z.literal("auto"), z.int().min(0).max(8)])
    .default("auto")
    .describe("Columns of tiles in which faces are searched besides the whole picture; 0 for none."),
  smallestEyesPixels: z
    .number()
    .min(8)
    .default(32)
    .describe("Width of the smallest face, in pixels, of which is said whether its eyes are open."),
  forgetAfterSeconds: z
    .number()
    .min(1)
    .default(20)
    .describe("How long a seat is remembered in which no face is found."),
});

export type PerceiveOptions = z.infer<typeof perceiveOptions>;

/** What runs the networks, why the providers before it do not, and which one is getting ready. */
export interface EngineState {
  readonly engine: Engine;
  readonly refused: readonly Refused[];
  /** TensorRT builds its engines for minutes; until then `engine` serves. */
  readonly building: Engine["provider"] | null;
}

/** Sees faces in frames: one set of networks for all cameras, seats for each camera apart. */
export interface Perception extends EngineState {
  /** One frame at a time; further calls wait. `took.capture` is 0 here: whoever captured the frame knows it. */
  look(frame: Frame): Promise<View>;
  close(): Promise<void>;
}

/** Beyond this yaw the eye that faces the camera is foreshortened to half, and the other is hidden. */
const LARGEST_YAW_FOR_EYES = 50;

/**
 * Loads the pack's networks on the best provider that runs; `onEngine` is told when a better one takes over, or will not.
 * Throws MODEL_LOAD.
 */
export async function openPerception(
  options: PerceiveOptions,
  pack: PreparedPack,
  log: Logger,
  onEngine: (state: EngineState) => void = () => {},
): Promise<Perception> {
  const running = await openOnBest(pack, options, { log });
  log.info({ pack: pack.id, ...running.engine }, "perception runs");
  if (running.coming)
    log.info({ provider: running.coming.provider }, "builds its engines; this takes minutes");
  return perceiveWith(running, options, pack, onEngine);
}

/** Perception with networks that are loaded already; they are closed with it. */
export function perceiveWith(
  running: Running,
  options: PerceiveOptions,
  pack: PreparedPack,
  onEngine: (state: EngineState) => void = () => {},
): Perception {
  const { models } = pack;
  const eyeLimits = { smallestFacePixels: options.smallestEyesPixels, largestYaw: LARGEST_YAW_FOR_EYES };
  const rooms = new Map<string, Seats>();
  const halves: Halves = new Map();
  let { networks } = running;
  let state: EngineState = {
    engine: running.engine,
    refused: running.refused,
    building: running.coming?.provider ?? null,
  };

  const see = async (frame: Frame): Promise<View> => {
    const start = performance.now();
    const { detect, pose, landmarks, eyes } = networks.of;
    const { engine } = state;
    const seats = rooms.get(frame.camera) ?? createSeats(options);
    rooms.set(frame.camera, seats);
    const found = await detectFaces(frame, detect, models.detect, options, seats.places(), halves);
    const detected = performance.now();
    const boxes = found.map(({ box }) => box);
    const poses = await headPoses(frame, boxes, pose, models.pose);
    const turned = poses.map((pose, index) => ({ box: boxes[index]!, pose }));
    const open = await eyesOpen(frame, turned, { landmarks, eyes }, models, eyeLimits);
    const faces = found.map(
      ({ box, score }, index): Face => ({ box, score, ...poses[index]!, eyesOpen: open[index]! }),
    );
    const done = performance.now();
    const { camera, sequence, time, width, height, cue } = frame;
    return {
      ...{ camera, sequence, time, width, height, engine },
      ...seats.seat(faces, time),
      took: { capture: 0, detect: detected - start, pose: done - detected, total: done - start },
      ...(cue ? { cue } : {}),
    };
  };

  /** Frames, and the change to a better provider, one after the other. */
  let last: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;
  void running.coming?.ready.then((better) => {
    last = last.then(async () => {
      if ("why" in better) {
        state = { ...state, building: null, refused: [better, ...state.refused] };
      } else if (closed) {
        return better.networks.close();
      } else {
        const before = networks;
        networks = better.networks;
        state = { engine: better.engine, building: null, refused: [] };
        await before.close();
      }
      onEngine(state);
    });
  });
  return {
    get engine() {
      return state.engine;
    },
    get refused() {
      return state.refused;
    },
    get building() {
      return state.building;
    },
    look(frame) {
      const view = last.then(() => see(frame));
      last = view.catch(() => undefined);
      return view;
    },
    close() {
      running.coming?.giveUp();
      closed ??= last.then(() => networks.close());
      return closed;
    },
  };
}
