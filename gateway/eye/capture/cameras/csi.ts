import { z } from "zod";
import { failure } from "../../../errors.ts";
import { cameraDriver } from "../camera.ts";
import { type Size, sizeOptions } from "../size.ts";
import { playStream } from "../stream.ts";

const options = z.strictObject({
  driver: z.literal("csi"),
  sensor: z.int().min(0).max(15).default(0).describe("Which of the board's cameras: 0 is the first."),
  ...sizeOptions,
  sensorWidth: z
    .int()
    .min(320)
    .max(8192)
    .default(1920)
    .describe("Pixels across of the sensor mode to use. `nvarguscamerasrc` lists the modes when it starts."),
  sensorHeight: z.int().min(240).max(8192).default(1080).describe("Pixels down of that mode."),
  sensorFramesPerSecond: z.int().min(1).max(240).default(30).describe("Pictures a second of that mode."),
  rotation: z
    .union([z.literal(0), z.literal(180)])
    .default(0)
    .describe("180 for a camera that hangs upside down."),
  gstreamer: z.string().min(1).default("gst-launch-1.0").describe("The GStreamer launcher."),
});
export type CsiOptions = z.output<typeof options>;

/** A Jetson's own camera: taken, dropped, turned and scaled in its hardware by GStreamer, and only then handed over. */
export const csi = cameraDriver({
  pictures: "filmed",
  options,
  open: (wanted, context) =>
    playStream(
      {
        program: wanted.gstreamer,
        args: ["-q", ...sensor(wanted), "!", ...toPipe(wanted)],
        ...{ width: wanted.width, height: wanted.height },
        explain: (words) => explain(words, wanted, context.name),
      },
      context,
    ),
});

/**
 * From light to pictures of the right number and size in ordinary memory. `(memory:NVMM)` is the hardware's own, and
 * nvvidconv its scaler; it gives RGBA and no RGB. Jetson Linux Developer Guide, "Accelerated GStreamer".
 */
export function sensor(wanted: CsiOptions): string[] {
  const { width, height, sensorWidth, sensorHeight, sensorFramesPerSecond } = wanted;
  const taken = `width=${sensorWidth},height=${sensorHeight},framerate=${sensorFramesPerSecond}/1`;
  return [
    ...["nvarguscamerasrc", `sensor-id=${wanted.sensor}`],
    ...["!", `video/x-raw(memory:NVMM),format=NV12,${taken}`],
    ...["!", ...rated(wanted, "video/x-raw(memory:NVMM)")],
    ...["!", "nvvidconv", `flip-method=${wanted.rotation / 90}`],
    ...["!", `video/x-raw,format=RGBA,width=${width},height=${height}`],
  ];
}

/** The rest of the way, which is the same on any machine: one buffer, the latest, as packed RGB. */
export function toPipe({ width, height }: Size): string[] {
  return [
    ...["queue", "leaky=downstream", "max-size-buffers=1", "!", "videoconvert"],
    ...["!", `video/x-raw,format=RGB,width=${width},height=${height}`],
    ...["!", "fdsink", "fd=1", "sync=false"],
  ];
}

/** Drops pictures, and never repeats one. */
export function rated({ framesPerSecond }: Size, kind: string): string[] {
  return ["videorate", "drop-only=true", "!", `${kind},framerate=${Math.round(framesPerSecond * 1000)}/1000`];
}

function explain(words: string, { gstreamer, sensor }: CsiOptions, camera: string) {
  if (/ENOENT|failed to execute/.test(words)) return failure("GSTREAMER_MISSING", { program: gstreamer });
  if (/no element "nv/.test(words)) {
    return failure("CAMERA_LOST", { camera, problem: "this machine's GStreamer knows no Jetson camera" });
  }
  if (/No cameras available|Invalid camera device/i.test(words)) return `there is no CSI camera ${sensor}`;
  // `ERROR: from element /GstPipeline:pipeline0/…: Internal data stream error.`
  const said = /ERROR: (?:from element [^:]*:[^:]*: )?(.*)/.exec(words)?.[1];
  return said ?? "the camera gives no more pictures";
}
