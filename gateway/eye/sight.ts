import { GatewayError, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Clock, Frame } from "../terms.ts";
import type { Camera } from "./capture/camera.ts";
import { type CameraOptions, openCamera, picturesOf } from "./capture/cameras/index.ts";
import { openInspector, type Verdict } from "./capture/health/inspect.ts";
import { type EngineState, openPerception } from "./perceive/perceive.ts";
import type { FromEye, Start } from "./protocol.ts";
import { listen } from "./sound/listen.ts";
import { openTurns, type Pace } from "./turns.ts";
import { type Watch, watch } from "./watch.ts";

/** What the eye process does: networks that are ready, and cameras that are open unless it is paused. */
export interface Sight {
  readonly engine: EngineState;
  readonly pace: Pace;
  /** Whether it gets on with its work; false when the networks have been busy with one frame for too long. */
  isWell(): boolean;
  /** Opens the cameras. Returns before they are open; `say` tells how each one does. */
  resume(): void;
  /** Closes the cameras, so that their lights go out. Resolves when nothing is being looked at any more. */
  pause(): Promise<void>;
  close(): Promise<void>;
}

/** So many frames in a row that the networks failed on, and it is not the frames. */
const FAILURES_IN_A_ROW = 10;

/**
 *   camera ──Frame──▶ look ──View──▶ say          one such line for each camera
 *
 * Recordings (pace `every`) are opened here already, so that a file that cannot be played is refused at once. Rejects
 * with what perception or a recording throws. `say` resolves when the message is on its way.
 */
export async function openSight(
  start: Start,
  { say, clock, log }: { say: (message: FromEye) => Promise<void>; clock: Clock; log: Logger },
): Promise<Sight> {
  const perception = await openPerception(start.perceive, start.pack, log);
  const turns = openTurns({ share: start.cpuShare, cameras: start.cameras.length }, { clock, log });
  const live = start.pace === "live";
  const open = (camera: CameraOptions): Promise<Camera> => {
    const { name } = camera;
    return openCamera(camera, { name, clock, log: log.child({ camera: name }), pace: start.pace });
  };
  const recordings = live ? [] : await openAll(start.cameras, open);

  // Kept while the cameras are shut, so that one that was moved meanwhile is found out.
  const inspectors = start.cameras.map((camera) =>
    openInspector({
      mask: camera.mask,
      pictures: live ? picturesOf(camera) : "played",
      frozenAfterSeconds: start.frozenAfterSeconds,
    }),
  );

  let watches: readonly Watch[] = [];
  let ears: readonly { stop(): Promise<void> }[] = [];
  let looking = new AbortController();
  let waiting = 0;
  let gotOnAt = 0;
  let failures = 0;

  /** Perception takes one frame after the other, and no camera asks again before it was served: none crowds out another. */
  async function look(frame: Frame, { brightness }: Verdict): Promise<void> {
    const began = clock.elapsed();
    if (waiting === 0) gotOnAt = began;
    waiting += 1;
    try {
      const view = await perception.look(frame);
      failures = 0;
      // From the light to the look. A recording's times are not of today.
      const capture = live ? Math.max(0, clock.now() - frame.time - view.took.total) : 0;
      const file = frame.file === undefined ? {} : { file: frame.file };
      const light = brightness === null ? {} : { brightness };
      await say({ kind: "view", view: { ...view, ...file, ...light, took: { ...view.took, capture } } });
    } catch (error) {
      failures += 1;
      if (failures === 1)
        log.warn({ camera: frame.camera, err: error }, "a frame could not be looked at: skipped");
      // Let the process fall: the gateway says so and starts a new one.
      if (failures === FAILURES_IN_A_ROW) setImmediate(() => fall(error));
    } finally {
      waiting -= 1;
      gotOnAt = clock.elapsed();
    }
    if (live) await turns.rest(began, looking.signal);
  }

  const sight: Sight = {
    get engine() {
      const { engine, refused, building } = perception;
      return { engine, refused, building };
    },
    get pace() {
      return turns.pace;
    },
    isWell: () => waiting === 0 || clock.elapsed() - gotOnAt < start.stalledAfterSeconds * 1000,
    resume() {
      if (watches.length > 0) return;
      looking = new AbortController();
      watches = start.cameras.map((camera, index) =>
        watch(() => (live ? open(camera) : Promise.resolve(recordings[index]!)), {
          clock,
          stalledAfterSeconds: live ? patienceWith(camera, start.stalledAfterSeconds) : null,
          again: live,
          inspector: inspectors[index]!,
          look,
          say: (state, problem, code) =>
            void say({ kind: "camera", name: camera.name, state, problem, code }),
        }),
      );
      ears = start.microphones.map((microphone) =>
        listen(microphone, {
          clock,
          heard: (sound) => void say({ kind: "sound", sound }),
          lost: (problem) => void say({ kind: "deaf", microphone: microphone.name, problem }),
        }),
      );
    },
    async pause() {
      looking.abort();
      await Promise.all([...watches, ...ears].map((each) => each.stop()));
      watches = [];
      ears = [];
    },
    async close() {
      await sight.pause();
      await Promise.all(recordings.map((camera) => camera.close()));
      await turns.close();
      await perception.close();
    },
  };
  return sight;
}

/** A camera that is asked for a picture every ten seconds is not late after ten. */
const patienceWith = ({ framesPerSecond }: CameraOptions, seconds: number) =>
  Math.max(seconds, 3 / framesPerSecond);

function fall(error: unknown): never {
  throw error instanceof GatewayError ? error : new Error(`cannot look any more: ${reason(error)}`);
}

/** All of them, or none and the first failure. */
async function openAll(
  cameras: readonly CameraOptions[],
  open: (camera: CameraOptions) => Promise<Camera>,
): Promise<Camera[]> {
  const results = await Promise.allSettled(cameras.map(open));
  const opened = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  const failed = results.find((result) => result.status === "rejected");
  if (!failed) return opened;
  await Promise.all(opened.map((camera) => camera.close()));
  throw failed.reason;
}
