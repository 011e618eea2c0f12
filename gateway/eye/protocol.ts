import type { PreparedPack } from "../../models/manifest.ts";
import { catalogue, type ErrorCode, GatewayError, reason } from "../errors.ts";
import type { LogLevel } from "../log.ts";
import type { CameraState, Sound, View } from "../terms.ts";
import type { CameraOptions } from "./capture/cameras/index.ts";
import type { EngineState, PerceiveOptions } from "./perceive/perceive.ts";
import type { Microphone } from "./sound/listen.ts";
import type { Pace } from "./turns.ts";

/** What the gateway and its eye say to each other. Whatever the eye says, there are no pixels and no samples in it. */
export type ToEye =
  | { readonly kind: "open"; readonly start: Start }
  | { readonly kind: Command; readonly id: number };

/**
 * The eye opens with its cameras and microphones shut: `resume` opens them, `pause` really closes them, `close` ends the
 * process. Each is answered by `done` with the same id when it has been carried out.
 */
export type Command = "pause" | "resume" | "close";

export type FromEye =
  | { readonly kind: "opened"; readonly engine: EngineState }
  | { readonly kind: "failed"; readonly error: CarriedError }
  | { readonly kind: "view"; readonly view: View }
  | {
      readonly kind: "camera";
      readonly name: string;
      readonly state: CameraState;
      readonly problem?: string | undefined;
      /** Of the error behind the problem, if it has one. */
      readonly code?: ErrorCode | undefined;
    }
  | { readonly kind: "sound"; readonly sound: Sound }
  | { readonly kind: "deaf"; readonly microphone: string; readonly problem: string }
  /** Says about once a second: I could look if there were something to look at. */
  | {
      readonly kind: "pulse";
      readonly memoryMegabytes: number;
      readonly engine: EngineState;
      readonly pace: Pace;
    }
  | { readonly kind: "done"; readonly id: number };

/** All that the eye needs to begin. Pace `every` is for recordings: see `CameraContext`. */
export interface Start {
  readonly cameras: readonly CameraOptions[];
  readonly microphones: readonly Microphone[];
  readonly perceive: PerceiveOptions;
  readonly pack: PreparedPack;
  readonly pace: "live" | "every";
  readonly stalledAfterSeconds: number;
  readonly frozenAfterSeconds: number;
  readonly cpuShare: number;
  readonly logLevel: LogLevel;
}

/** A GatewayError on its way between processes, where classes get lost. */
export interface CarriedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly cause: string | null;
}

/** Packs up anything that was thrown; what has no code of its own becomes INTERNAL. */
export function carry(thrown: unknown): CarriedError {
  if (thrown instanceof GatewayError) {
    const cause = thrown.cause === undefined ? null : reason(thrown.cause);
    return { code: thrown.code, message: thrown.message, cause };
  }
  return { code: "INTERNAL", message: catalogue.INTERNAL.says({ problem: reason(thrown) }), cause: null };
}

/** The error as it was thrown on the other side. */
export function unpack({ code, message, cause }: CarriedError): GatewayError {
  return new GatewayError(code, message, cause === null ? undefined : new Error(cause));
}
