import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { listDevices, v4l2, v4l2Arguments } from "../../../gateway/eye/capture/cameras/v4l2.ts";
import { findFfmpeg, QUIETLY } from "../../../gateway/eye/capture/ffmpeg.ts";
import { asRaw } from "../../../gateway/eye/capture/size.ts";
import { playStream } from "../../../gateway/eye/capture/stream.ts";
import { describeCamera } from "../../contracts/camera.ts";
import { temporaryFolder } from "../../support/places.ts";
import { childProcesses } from "../../support/processes.ts";

// No machine that runs the tests has a USB camera: what ffmpeg is told is tested, what is said when it goes wrong, and, with
// ffmpeg's test picture in the camera's place, the rest of the way.

const context = { name: "desk", clock, log: pino({ level: "silent" }), pace: "live" } as const;
const read = (more: object) => v4l2.options.parse({ driver: "v4l2", ...more });

describe("a USB camera", () => {
  it("is asked for its format, size and rate, and its pictures are scaled before the pipe", () => {
    const line = v4l2Arguments(
      read({ device: "/dev/video2", cameraFramesPerSecond: 15, framesPerSecond: 4, width: 640, height: 360 }),
    ).join(" ");
    expect(line).toMatch(/-f v4l2 -input_format mjpeg -video_size 640x360 -framerate 15 .*-i \/dev\/video2/);
    expect(line).toMatch(
      /-vf select=.*scale=640:360.*,pad=640:360.* -r 4 -f rawvideo -pix_fmt rgb24 pipe:1$/,
    );
  });

  it("is left to its own rate when none is named, and may be asked for raw pictures", () => {
    const line = v4l2Arguments(read({ format: "yuyv422" })).join(" ");
    expect(line).toContain("-input_format yuyv422 -video_size 1280x720 -use_wallclock");
    expect(line).not.toContain("-framerate");
  });

  it("that is not there is told with those that are", async () => {
    const opening = v4l2.open(read({ device: "/dev/video77" }), context);
    await expect(opening).rejects.toMatchObject({
      code: "CAMERA_LOST",
      message: expect.stringContaining("there is no /dev/video77; "),
    });
  });

  it("that is none is told so, in our words, and leaves no process", async () => {
    const camera = await v4l2.open(read({ device: "/dev/null" }), context);
    await expect(camera.next()).rejects.toMatchObject({
      code: "CAMERA_LOST",
      message: "camera desk: /dev/null is no camera",
    });
    await camera.close();
    expect(childProcesses()).toEqual([]);
  });
});

const size = { width: 320, height: 180, framesPerSecond: 5 };
describeCamera("v4l2, with a test picture for the camera", async () => ({
  framesPerSecond: 5,
  length: "live",
  open: async (context) =>
    playStream(
      {
        program: await findFfmpeg(),
        args: [...QUIETLY, "-re", "-f", "lavfi", "-i", "testsrc=s=640x480:r=30", ...asRaw(size)],
        ...size,
        explain: (words) => words,
      },
      context,
    ),
}));

describe("the last words of ffmpeg about a USB camera", () => {
  it.each([
    ["/dev/null: Permission denied", 'put the gateway\'s user into the group "video"'],
    [
      "[video4linux2,v4l2 @ 0x55d0] ioctl(VIDIOC_STREAMON): Device or resource busy",
      "another program is using",
    ],
    ["[video4linux2,v4l2 @ 0x55d0] ioctl(VIDIOC_DQBUF): No such device", "is gone: was it unplugged?"],
    [
      "[video4linux2,v4l2 @ 0x55d0] Cannot find a proper format for codec 'mjpeg'",
      "does not give mjpeg of that",
    ],
    ["", "the camera gives no more pictures"],
  ])("are told in ours (%s)", async (words, says) => {
    const program = path.join(await temporaryFolder(), "ffmpeg");
    await writeFile(program, `#!/bin/sh\ncat >&2 <<'WORDS'\n${words}\nWORDS\nexit 1\n`, { mode: 0o755 });
    const camera = await v4l2.open(read({ device: "/dev/null", ffmpeg: program }), context);
    await expect(camera.next()).rejects.toMatchObject({
      code: "CAMERA_LOST",
      message: expect.stringContaining(says),
    });
    await camera.close();
  });
});

describe("the list of video devices", () => {
  it("is what Linux lists, with names", async () => {
    const folder = await temporaryFolder();
    for (const [device, name] of [
      ["video0", "HD Webcam C525\n"],
      ["video1", ""],
      ["v4l-subdev0", "sensor"],
    ] as const) {
      await mkdir(path.join(folder, device));
      if (name) await writeFile(path.join(folder, device, "name"), name);
    }
    expect(await listDevices(folder)).toEqual(["/dev/video0 (HD Webcam C525)", "/dev/video1"]);
    expect(await listDevices(path.join(folder, "nothing"))).toEqual([]);
  });
});
