import type { z } from "zod";
import type { Logger } from "../../log.ts";
import type { Clock, Frame } from "../../terms.ts";

/**
 * The camera contract. A camera hands out frames one at a time, always the latest it has: a frame that nobody asked
 * for in time is dropped, not queued. `test/contracts/camera.ts` holds every driver to it.
 */
export interface Camera {
  /**
   * The next frame that has not been handed out yet; waits for one if need be. Null when the camera has no more (a
   * film that ended) or has been closed. Rejects with a GatewayError when the camera is lost.
   */
  next(): Promise<Frame | null>;
  /** Frees device and child processes. May be called at any time and more than once. */
  close(): Promise<void>;
}

export interface CameraContext {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * `live`: frames come at their own pace, the latest wins. `every`: each frame is handed out exactly once, as fast as
   * they are asked for, with times as if played at the film's pace: for analysing recordings.
   */
  readonly pace: "live" | "every";
}

/**
 * What kind of pictures a driver gives: `filmed` ones come from a sensor, whose noise makes each differ from the one
 * before; `drawn` ones show one room but may stand still; `played` ones can be anything.
 */
export type PictureKind = "filmed" | "drawn" | "played";

export interface CameraDriver<Schema extends z.ZodObject> {
  readonly options: Schema;
  readonly pictures: PictureKind;
  open(options: z.output<Schema>, context: CameraContext): Promise<Camera>;
}

/** Ties a driver's option schema to the type of the options its `open` receives. */
export function cameraDriver<Schema extends z.ZodObject>(driver: CameraDriver<Schema>): CameraDriver<Schema> {
  return driver;
}
