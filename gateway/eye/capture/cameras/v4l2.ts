import { readdir, readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { failure } from "../../../errors.ts";
import { cameraDriver } from "../camera.ts";
import { findFfmpeg, plain, QUIETLY } from "../ffmpeg.ts";
import { asRaw, sizeOptions } from "../size.ts";
import { playStream } from "../stream.ts";

const options = z.strictObject({
  driver: z.literal("v4l2"),
  device: z
    .string()
    .startsWith("/dev/")
    .default("/dev/video0")
    .describe(
      "The camera's device. A name under `/dev/v4l/by-id/` stays the same when cameras are plugged in another order.",
    ),
  format: z
    .enum(["mjpeg", "yuyv422", "nv12", "h264"])
    .default("mjpeg")
    .describe("What the camera is asked for. Raw formats need a fast bus: by USB 2 they are small or slow."),
  ...sizeOptions,
  cameraFramesPerSecond: z
    .number()
    .min(1)
    .max(120)
    .optional()
    .describe("The rate that the camera is asked for, one of its own. As the camera likes if left out."),
  ffmpeg: z.string().min(1).optional().describe("The ffmpeg to use. Found by itself if left out."),
});
export type V4l2Options = z.output<typeof options>;

/** A USB camera (or any other that Linux knows as a video device), read by ffmpeg. */
export const v4l2 = cameraDriver({
  pictures: "filmed",
  options,
  async open(wanted, context) {
    const program = await findFfmpeg(wanted.ffmpeg);
    const there = await stat(wanted.device).catch(() => null);
    if (!there?.isCharacterDevice()) {
      const devices = await listDevices();
      const problem = `there is no ${wanted.device}; ${devices.length > 0 ? `there are ${devices.join(", ")}` : "no video device is there at all"}`;
      throw failure("CAMERA_LOST", { camera: context.name, problem });
    }
    return playStream(
      {
        program,
        args: v4l2Arguments(wanted),
        ...{ width: wanted.width, height: wanted.height },
        explain: (words) => explain(words, wanted),
      },
      context,
    );
  },
});

export function v4l2Arguments(wanted: V4l2Options): string[] {
  const { device, format, width, height, cameraFramesPerSecond: rate } = wanted;
  return [
    ...QUIETLY,
    ...["-fflags", "nobuffer", "-threads", "1"],
    ...["-f", "v4l2", "-input_format", format, "-video_size", `${width}x${height}`],
    ...(rate === undefined ? [] : ["-framerate", String(rate)]),
    ...["-use_wallclock_as_timestamps", "1", "-i", device],
    ...asRaw(wanted),
  ];
}

/**
 * Video devices with the names that their drivers give them, `/dev/video0 (HD Webcam)`: those that Linux lists under
 * `folder`. https://docs.kernel.org/userspace-api/media/v4l/open.html
 */
export async function listDevices(folder = "/sys/class/video4linux"): Promise<string[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.startsWith("video"));
  return Promise.all(
    names.sort().map(async (name) => {
      const said = await readFile(`${folder}/${name}/name`, "utf8").catch(() => "");
      return said.trim() === "" ? `/dev/${name}` : `/dev/${name} (${said.trim()})`;
    }),
  );
}

function explain(words: string, { device, format }: V4l2Options): string {
  if (/permission denied/i.test(words)) {
    return `${device} may not be opened: put the gateway's user into the group "video"`;
  }
  if (/device or resource busy/i.test(words)) return `another program is using ${device}`;
  if (/no such device|no such file/i.test(words)) return `${device} is gone: was it unplugged?`;
  if (/inappropriate ioctl|not a video capture device/i.test(words)) return `${device} is no camera`;
  if (/cannot find a proper format|invalid argument|not supported/i.test(words)) {
    return `${device} does not give ${format} of that size: \`v4l2-ctl --device ${device} --list-formats-ext\` says what it gives`;
  }
  const rest = plain(words);
  return rest === "" ? "the camera gives no more pictures" : rest;
}
