import { openAttentionPack } from "../../models/attention/pack.ts";
import { repeat } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Activity, Attention, Clock, View } from "../terms.ts";
import { estimateByGeometry } from "./geometric.ts";
import { fitHomography, type Landmark } from "./join/homography.ts";
import { joinSeats, type Landmarks } from "./join/join.ts";
import { readCalibration, writeCalibration } from "./network/calibration.ts";
import { explanationLines } from "./network/explain.ts";
import type { Environment } from "./network/features.ts";
import { openNetworkAttender } from "./network/network.ts";
import type { AttendOptions } from "./options.ts";

export { joinSurroundings, type Surroundings } from "./environment.ts";
export type { Environment } from "./network/features.ts";
export { type AttendOptions, attendOptions } from "./options.ts";

/** Whether a camera above the heads can see those places so. */
export const isSeenFromAbove = (landmarks: readonly Landmark[]): boolean => fitHomography(landmarks) !== null;

/** From what a camera sees to what each of its seats attends to: this step's public face. */
export interface Attender {
  /** name@sha256-8, as it stands in every message. */
  readonly model: string;
  /** Views of one camera must come in the order of their time, each after the answer to the one before. */
  observe(view: View, activity: Activity): Promise<Attention>;
  /** In words, line by line, why it says what it said last of that camera's room; null where it cannot say. */
  explain(camera: string, activity: Activity): Promise<readonly string[] | null>;
  /** Drops what has been learnt of that camera's view, which is another one now. */
  forget(camera: string): void;
  close(): Promise<void>;
}

export interface AttendContext {
  readonly log: Logger;
  readonly clock: Clock;
  /** The room's air and light at this moment, as far as sensors know them; what is left out is masked. */
  readonly environment?: () => Environment;
  /** Where what is usual for the room's places is kept between starts; left out, it is learnt anew each time. */
  readonly calibrationFile?: string;
  /** Where in the room the cameras' pictures lie: heads that several of them see are then counted once. */
  readonly landmarks?: Landmarks;
}

/** What has been learnt of a room is kept this often, in seconds. */
const KEEP_SECONDS = 300;

/** Opens the estimate that the options name. Throws what `openAttentionPack` throws, and MODEL_LOAD. */
export async function openAttender(options: AttendOptions, context: AttendContext): Promise<Attender> {
  const attender = await (options.model === "network"
    ? openNetwork(options, context)
    : openGeometric(options));
  const join = joinSeats(context.landmarks ?? {});
  return {
    ...attender,
    observe: async (view, activity) => join(view, await attender.observe(view, activity)),
  };
}

/** For a single picture, which has no history to look back on: geometry, whatever the options name. */
export function openGeometric(options: AttendOptions, settleSeconds?: number): Attender {
  const estimate = estimateByGeometry(options, settleSeconds);
  return {
    model: estimate.model,
    observe: async (view, activity) => estimate.observe(view, activity),
    explain: async () => null,
    forget: (camera) => estimate.forget(camera),
    close: async () => {},
  };
}

async function openNetwork(
  { screens }: AttendOptions,
  { log: parentLog, clock, environment, calibrationFile: file }: AttendContext,
): Promise<Attender> {
  const log = parentLog.child({ part: "attend" });
  const calibration = file === undefined ? {} : await readCalibration(file);
  const network = await openNetworkAttender(
    { screens, calibration, ...(environment ? { environment } : {}) },
    await openAttentionPack(),
    log,
  );
  const keep = async () => {
    if (file === undefined) return;
    await writeCalibration(file, network.calibration()).catch((error) => {
      log.warn({ err: error }, "what has been learnt of the room cannot be kept");
    });
  };
  const keeping = file === undefined ? null : repeat(KEEP_SECONDS, clock, keep);
  return {
    model: network.model,
    observe: (view, activity) => network.observe(view, activity),
    async explain(camera, activity) {
      const explanation = await network.explain(camera, activity);
      return explanation && explanationLines(explanation);
    },
    forget: (camera) => network.forget(camera),
    async close() {
      await keeping?.close();
      await keep();
      await network.close();
    },
  };
}
