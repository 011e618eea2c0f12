/**
 * The eye that calibrates: a process of its own, like the one that looks, because it holds pixels. It ends when it has
 * told its result, and by itself when whoever asked is gone.
 */
import { createSampler, type Samples } from "../../models/samples.ts";
import { makeVariants } from "../../models/variants.ts";
import { systemClock as clock } from "../clock.ts";
import { failure } from "../errors.ts";
import { createLogger } from "../log.ts";
import type { Frame } from "../terms.ts";
import type { CalibrationStart, FromCalibration } from "./calibrate.ts";
import type { Camera } from "./capture/camera.ts";
import { type CameraOptions, openCamera } from "./capture/cameras/index.ts";
import { perceiveWith } from "./perceive/perceive.ts";
import { openOnBest } from "./perceive/providers/ladder.ts";
import { carry } from "./protocol.ts";

/** Of the frames, so many are for comparing: the last ones, which are least like those it calibrated with. */
const COMPARED = 0.3;
/** Faces that must have been seen for ranges, and for a comparison, to mean something. */
const FEWEST = { calibrate: 24, compare: 8 };
const PATIENCE_SECONDS = 10;
/** Looking takes about as long as calibrating. */
const LOOKING = 0.5;

const say = (message: FromCalibration): Promise<void> =>
  new Promise((resolve) => {
    if (process.connected) process.send!(message, undefined, {}, () => resolve());
    else resolve();
  });

async function calibrate(start: CalibrationStart): Promise<void> {
  const { pack } = start;
  const [calibration, tests] = await look(start);
  const [seen, compared] = [calibration.pose.list.length, tests.pose.list.length];
  if (seen < FEWEST.calibrate || compared < FEWEST.compare)
    throw failure("MODEL_CALIBRATION", {
      // Not how many there were: of so few nothing is told.
      problem: `too few faces were seen: ${FEWEST.calibrate} and then ${FEWEST.compare} are needed`,
    });
  const tell = (share: number) => void say({ kind: "progress", share: LOOKING + (1 - LOOKING) * share });
  await say({ kind: "made", variants: await makeVariants(pack, calibration, tests, tell) });
}

/** Looks through the cameras in turn, and closes them: what the networks were fed at first, and later on. */
async function look(start: CalibrationStart): Promise<[Samples, Samples]> {
  const { perceive, pack, frames, everySeconds, logLevel } = start;
  const log = createLogger(logLevel, false);
  const sampler = createSampler(pack);
  const running = await openOnBest(
    pack,
    { ...perceive, providers: ["cpu"], policy: "allow-cpu" },
    { log, open: sampler.open },
  );
  const perception = perceiveWith(running, perceive, pack);
  const cameras: Camera[] = [];
  let calibration: Samples | null = null;
  try {
    for (const options of start.cameras) {
      const { name } = options;
      cameras.push(await openCamera(options, { name, clock, log, pace: "live" }));
    }
    for (let count = 0; count < frames; count++) {
      if (count === Math.round(frames * (1 - COMPARED))) calibration = sampler.take();
      await clock.sleep(everySeconds * 1_000);
      const turn = count % cameras.length;
      const frame = await nextOf(cameras[turn]!, start.cameras[turn]!);
      if (frame) await perception.look(frame);
      void say({ kind: "progress", share: (LOOKING * (count + 1)) / frames });
    }
    return [calibration ?? sampler.take(), sampler.take()];
  } finally {
    await Promise.all(cameras.map((camera) => camera.close()));
    await perception.close();
  }
}

/** Waits for a picture no longer than the gateway would. Throws CAMERA_LOST. */
async function nextOf(camera: Camera, { name, framesPerSecond }: CameraOptions): Promise<Frame | null> {
  const seconds = Math.max(PATIENCE_SECONDS, 3 / framesPerSecond);
  const arrived = new AbortController();
  const silence = clock.sleep(seconds * 1_000, arrived.signal).then(() => {
    if (arrived.signal.aborted) return null;
    throw failure("CAMERA_LOST", { camera: name, problem: `no picture for ${seconds} s` });
  });
  return Promise.race([camera.next(), silence]).finally(() => arrived.abort());
}

process.once("disconnect", () => process.exit(0));
process.once("message", (start: CalibrationStart) => {
  calibrate(start)
    .catch((error) => say({ kind: "failed", error: carry(error) }))
    .finally(() => process.exit(0));
});
