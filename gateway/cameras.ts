import type { Config } from "./config.ts";
import type { ErrorCode } from "./errors.ts";
import type { Logger } from "./log.ts";
import type { GatewayEvent } from "./publish/publish.ts";
import type { CameraState, Clock } from "./terms.ts";

export interface CamerasContext {
  /** Drops what has been learnt of that camera's view. */
  readonly forget: (camera: string) => void;
  readonly tell: (event: GatewayEvent) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Told each change of a camera's state, once: says so in the log, and when one was moved, has its view learnt anew and
 * tells everybody, for its landmarks and mask were drawn for where it was.
 */
export function followCameras({ forget, tell, log, clock }: CamerasContext) {
  return (camera: string, state: CameraState, problem?: string, code?: ErrorCode): void => {
    const about = { part: "cameras", camera, state, ...(code && { code }) };
    if (state === "opening" || state === "paused") log.debug(about, `camera ${camera} is ${state}`);
    else if (state === "ok") log.info(about, `camera ${camera} is ok`);
    else {
      // CAMERA_LOST and CAMERA_REFUSED name the camera themselves.
      const named = problem?.startsWith(`camera ${camera}: `);
      log.warn(about, named ? problem! : `camera ${camera} is ${state}${problem ? `: ${problem}` : ""}`);
    }
    if (state === "moved") {
      forget(camera);
      tell({ time: clock.now(), kind: "camera_moved", camera });
    }
  };
}

/** What is played instead of a class, if anything is: one such camera is enough for a number that is about no class. */
export const playedTo = (cameras: Config["cameras"]) =>
  cameras.map(({ driver }) => driver).find((driver) => driver === "simulated" || driver === "files") ?? null;
