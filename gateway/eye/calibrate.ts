import { fork } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { PreparedPack } from "../../models/manifest.ts";
import type { MadeVariant } from "../../models/variants.ts";
import { failure } from "../errors.ts";
import type { LogLevel } from "../log.ts";
import { packageRoot } from "../paths.ts";
import type { CameraOptions } from "./capture/cameras/index.ts";
import type { PerceiveOptions } from "./perceive/perceive.ts";
import { type CarriedError, unpack } from "./protocol.ts";

/** What the process that calibrates needs to begin. */
export interface CalibrationStart {
  readonly cameras: readonly CameraOptions[];
  readonly perceive: PerceiveOptions;
  readonly pack: PreparedPack;
  readonly logLevel: LogLevel;
  /** Frames to look at, all cameras together, and the pause before each. */
  readonly frames: number;
  readonly everySeconds: number;
}

/** All that comes out of it. Networks hold weights and ranges; nothing of a picture. */
export type FromCalibration =
  | { readonly kind: "progress"; readonly share: number }
  | { readonly kind: "made"; readonly variants: readonly MadeVariant[] }
  | { readonly kind: "failed"; readonly error: CarriedError };

/** Node 20 runs no TypeScript, so from source (in tests) it is the compiled program that is forked. */
const program = import.meta.url.endsWith(".ts")
  ? path.join(packageRoot, process.env.FOCUS_GATEWAY_DIST ?? "dist", "gateway/eye/calibrateMain.js")
  : fileURLToPath(new URL("./calibrateMain.js", import.meta.url));

/**
 * Makes a pack's networks in other precisions with what the room's own cameras see. An eye of its own looks for a minute,
 * keeps some of what its networks were fed in memory, closes the cameras, and calibrates; pictures never leave that
 * process, and are gone with it. Rejects with MODEL_CALIBRATION when it saw too little, CAMERA_LOST, EYE_CRASHED, and with
 * the signal's reason when it is to stop; the process is gone then.
 */
export async function calibrateWithCameras(
  start: CalibrationStart,
  onProgress: (share: number) => void,
  stop?: AbortSignal,
): Promise<MadeVariant[]> {
  stop?.throwIfAborted();
  const child = fork(program, [], {
    serialization: "advanced",
    execArgv: [],
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const ended = new Promise<void>((resolve) =>
    child.once("exit", () => resolve()).once("error", () => resolve()),
  );
  try {
    return await new Promise<MadeVariant[]>((resolve, reject) => {
      stop?.addEventListener("abort", () => reject(stop.reason), { once: true });
      child.on("message", (message: FromCalibration) => {
        if (message.kind === "progress") onProgress(message.share);
        else if (message.kind === "made") resolve([...message.variants]);
        else reject(unpack(message.error));
      });
      child.once("error", reject);
      child.once("exit", (code, signal) =>
        reject(failure("EYE_CRASHED", { code: signal ?? `exit code ${code}` })),
      );
      child.send(start);
    });
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
    await ended;
  }
}
