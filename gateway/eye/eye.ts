import { z } from "zod";
import type { PreparedPack } from "../../models/manifest.ts";
import type { ErrorCode } from "../errors.ts";
import type { Logger, LogLevel } from "../log.ts";
import type { CameraState, Clock, Engine, Sound, View } from "../terms.ts";
import { cameraOptions } from "./capture/cameras/index.ts";
import { type EngineState, perceiveOptions } from "./perceive/perceive.ts";
import type { FromEye } from "./protocol.ts";
import { type CameraStatus, Sightings } from "./sightings.ts";
import type { Microphone } from "./sound/listen.ts";
import { supervise } from "./supervise.ts";
import type { Pace } from "./turns.ts";

export { type CameraOptions, cameraOptions } from "./capture/cameras/index.ts";

export const eyeOptions = z.strictObject({
  cameras: z
    .array(cameraOptions)
    .refine((cameras) => new Set(cameras.map(({ name }) => name)).size === cameras.length, {
      message: "each camera needs a name of its own",
    })
    .default([])
    .describe(
      "The cameras that look at this room. A gateway needs one; a recorder (`focus-gateway record`) none.",
    ),
  perceive: perceiveOptions.prefault({}).describe("How faces are found in pictures."),
  maximumMemoryMegabytes: z
    .number()
    .min(200)
    .default(600)
    .describe("The eye process is started anew when it grows beyond this."),
  cpuShare: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.9)
    .describe(
      "Share of this machine's processors, all cores together, that the eye may use. It looks less often rather than use more.",
    ),
  stalledAfterSeconds: z
    .number()
    .min(2)
    .default(10)
    .describe(
      "A camera without a picture, and an eye process without a sign of life, for so long start anew.",
    ),
  frozenAfterSeconds: z
    .number()
    .min(2)
    .default(15)
    .describe("A camera that gives the very same picture for so long counts as frozen, and is opened anew."),
});
export type EyeOptions = z.output<typeof eyeOptions>;

/** What the eye is given beside its options. */
export interface EyeSetup extends EyeOptions {
  readonly pack: PreparedPack;
  /** Opened and closed with the cameras. None if left out. */
  readonly microphones?: readonly Microphone[];
  /** `live` for cameras; `every` plays recordings once, each frame, as fast as they can be looked at. */
  readonly pace: "live" | "every";
  /** Whether to begin with the cameras shut, until `resume`. */
  readonly shut?: boolean;
}

/** Who hears what the eye sees. */
export interface EyeListener {
  onView(view: View): void;
  /**
   * Called on each change; a problem is one line, for people. In pace `every` each camera ends with `ended`, after its
   * last view; with a problem if it broke off before its end. The code is that of the error behind the problem.
   */
  onCamera(name: string, state: CameraState, problem?: string, code?: ErrorCode): void;
  onSound?(sound: Sound): void;
  /** It cannot be heard, told at each attempt; or (null) it is being opened after a pause. */
  onDeaf?(microphone: string, away: { state: "lost" | "paused"; why: string } | null): void;
}

export interface EyeStatus {
  /** How often the process had to be started again. */
  readonly restarts: number;
  readonly cameras: Readonly<Record<string, CameraStatus>>;
  /** Resident memory of the process; 0 until it first says. */
  readonly memoryMegabytes: number;
  readonly engine: EngineState;
  /** Null until the process first says. */
  readonly pace: Pace | null;
  /** Null while it is being started again. */
  readonly pid: number | null;
}

/** The gateway's handle on the process that looks. */
export interface Eye {
  /** What the networks really run on. May change when the process had to be started again. */
  readonly engine: Engine;
  /** Resolves when every camera is closed. No view comes after the call, and none until `resume`. */
  pause(): Promise<void>;
  /** Resolves when the cameras are being opened. */
  resume(): Promise<void>;
  status(): EyeStatus;
  /** Ends the process. It is gone when this resolves. */
  close(): Promise<void>;
}

/**
 * Starts the eye process, opens its cameras and keeps it alive. Resolves when perception is up; live cameras may still be
 * opening then, recordings are open. Rejects with the GatewayError of what stands in the way.
 */
export async function openEye(
  setup: EyeSetup,
  listener: EyeListener,
  { log: parentLog, clock }: { readonly log: Logger; readonly clock: Clock },
): Promise<Eye> {
  const { cameras, microphones = [], perceive, pack, pace, stalledAfterSeconds, frozenAfterSeconds } = setup;
  const log = parentLog.child({ part: "eye" });
  const logLevel = (log.level === "silent" ? "error" : log.level) as LogLevel;
  const seen = new Map(cameras.map(({ name }) => [name, new Sightings(clock)]));
  let paused = setup.shut ?? false;

  function change(name: string, state: CameraState, problem?: string, code?: ErrorCode): void {
    if (seen.get(name)?.change(state, problem ?? null)) listener.onCamera(name, state, problem, code);
  }

  function hear(message: FromEye): void {
    if (paused) return; // said before the cameras were closed
    if (message.kind === "camera") change(message.name, message.state, message.problem, message.code);
    if (message.kind === "view") {
      seen.get(message.view.camera)?.saw(message.view.time);
      listener.onView(message.view);
    }
    if (message.kind === "sound") listener.onSound?.(message.sound);
    if (message.kind === "deaf") deafen("lost", message.problem, message.microphone);
  }

  function deafen(state: "lost" | "paused" | null, why = "", microphone?: string): void {
    for (const { name } of microphones)
      if (name === (microphone ?? name)) listener.onDeaf?.(name, state && { state, why });
  }

  function shut(): void {
    for (const name of seen.keys()) change(name, "paused");
    deafen("paused", "sensing is paused");
  }

  function down(problem: string): void {
    if (!paused) deafen("lost", problem);
    for (const [name, { state }] of seen) {
      if (state !== "ended" && state !== "paused") change(name, pace === "every" ? "ended" : "lost", problem);
    }
  }

  const start = {
    cameras,
    microphones,
    perceive,
    pack,
    pace,
    stalledAfterSeconds,
    frozenAfterSeconds,
    cpuShare: setup.cpuShare,
    logLevel,
  };
  const { maximumMemoryMegabytes } = setup;
  const child = await supervise(start, { clock, log, maximumMemoryMegabytes, hear, down });
  if (paused) shut();
  else await child.look(true);

  return {
    get engine() {
      return child.engine.engine;
    },
    async pause() {
      paused = true;
      await child.look(false);
      if (paused) shut();
    },
    async resume() {
      if (!paused) return;
      paused = false;
      for (const name of seen.keys()) change(name, "opening");
      deafen(null);
      await child.look(true);
    },
    status: () => ({
      restarts: child.restarts,
      cameras: Object.fromEntries([...seen].map(([name, sightings]) => [name, sightings.status()])),
      memoryMegabytes: child.memoryMegabytes,
      engine: child.engine,
      pace: child.pace,
      pid: child.pid,
    }),
    close: () => child.close(),
  };
}
