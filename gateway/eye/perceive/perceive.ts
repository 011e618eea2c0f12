import { z } from "zod";
import type { PreparedPack } from "../../../models/manifest.ts";
import type { Logger } from "../../log.ts";
import type { Engine, Face, Frame, View } from "../../terms.ts";
import { detectFaces } from "./detect.ts";
import { eyesOpen } from "./eyes.ts";
import { headPoses } from "./pose.ts";
import { openOnBest, providerOptions, type Running } from "./providers/ladder.ts";
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

/** Sees faces in frames: one set of networks for all cameras, seats for each camera apart. */
export interface Perception {
  readonly engine: Engine;
  /** Why providers that stand before the engine's in `providers` do not run. */
  readonly refused: readonly { readonly provider: Engine["provider"]; readonly why: string }[];
  /** One frame at a time; further calls wait. `took.capture` is 0 here: whoever captured the frame knows it. */
  look(frame: Frame): Promise<View>;
  close(): Promise<void>;
}

/** Beyond this yaw the eye that faces the camera is foreshortened to half, and the other is hidden. */
const LARGEST_YAW_FOR_EYES = 50;

/** Loads the pack's networks on the best provider that runs. Throws MODEL_LOAD. */
export async function openPerception(
  options: PerceiveOptions,
  pack: PreparedPack,
  log: Logger,
): Promise<Perception> {
  const running = await openOnBest(pack, options, log);
  log.info({ pack: pack.id, ...running.engine }, "perception runs");
  return perceiveWith(running, options, pack);
}

/** Perception with networks that are loaded already; they are closed with it. */
export function perceiveWith(running: Running, options: PerceiveOptions, pack: PreparedPack): Perception {
  const { engine, networks, refused } = running;
  const { models } = pack;
  const eyeLimits = { smallestFacePixels: options.smallestEyesPixels, largestYaw: LARGEST_YAW_FOR_EYES };
  const rooms = new Map<string, Seats>();

  const see = async (frame: Frame): Promise<View> => {
    const start = performance.now();
    const seats = rooms.get(frame.camera) ?? createSeats(options);
    rooms.set(frame.camera, seats);
    const found = await detectFaces(frame, networks.detect, models.detect, options, seats.places());
    const detected = performance.now();
    const boxes = found.map(({ box }) => box);
    const poses = await headPoses(frame, boxes, networks.pose, models.pose);
    const turned = poses.map((pose, index) => ({ box: boxes[index]!, pose }));
    const open = await eyesOpen(frame, turned, networks, models, eyeLimits);
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

  let last: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;
  return {
    engine,
    refused,
    look(frame) {
      const view = last.then(() => see(frame));
      last = view.catch(() => undefined);
      return view;
    },
    close: () => (closed ??= last.then(() => running.close())),
  };
}
