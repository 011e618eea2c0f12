import pino from "pino";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { csi, rated, sensor, toPipe } from "../../../gateway/eye/capture/cameras/csi.ts";
import { playStream } from "../../../gateway/eye/capture/stream.ts";
import { describeCamera } from "../../contracts/camera.ts";
import { childProcesses } from "../../support/processes.ts";
import { findProgram } from "../../support/programs.ts";

// No machine that runs the tests is a Jetson: what GStreamer is told of the sensor is tested as text, and the rest of the
// way, from its memory to ours, with GStreamer's own test picture in the sensor's place.

const gstreamer = findProgram("gst-launch-1.0");
const context = { name: "board", clock, log: pino({ level: "silent" }), pace: "live" } as const;
const read = (more: object) => csi.options.parse({ driver: "csi", ...more });

describe("a Jetson's camera", () => {
  it("is dropped, turned and scaled in hardware, and only then handed over", () => {
    const line = sensor(read({ sensor: 1, width: 960, height: 540, framesPerSecond: 2.5, rotation: 180 }));
    expect(line.join(" ")).toBe(
      "nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),format=NV12,width=1920,height=1080,framerate=30/1" +
        " ! videorate drop-only=true ! video/x-raw(memory:NVMM),framerate=2500/1000" +
        " ! nvvidconv flip-method=2 ! video/x-raw,format=RGBA,width=960,height=540",
    );
    expect(toPipe({ width: 960, height: 540, framesPerSecond: 2 }).join(" ")).toContain(
      "format=RGB,width=960",
    );
  });

  it("on a machine without GStreamer is told so", async () => {
    const camera = await csi.open(read({ gstreamer: "/nowhere/gst-launch-1.0" }), context);
    await expect(camera.next()).rejects.toMatchObject({ code: "GSTREAMER_MISSING" });
    await camera.close();
  });

  it.skipIf(gstreamer === null)("on a machine that is no Jetson is told so", async () => {
    const camera = await csi.open(read({}), context);
    await expect(camera.next()).rejects.toThrow("knows no Jetson camera");
    await camera.close();
    expect(childProcesses()).toEqual([]);
  });
});

describe.skipIf(gstreamer === null)("GStreamer's way to us (skipped without GStreamer)", () => {
  const size = { width: 324, height: 180, framesPerSecond: 5 };
  describeCamera("csi, with a test picture for the sensor", async () => ({
    framesPerSecond: 5,
    length: "live",
    open: (context) =>
      playStream(
        {
          program: gstreamer!,
          args: [
            ...["-q", "videotestsrc", "is-live=true", "!", "video/x-raw,format=RGBA,framerate=30/1"],
            ...["!", "videoscale", "!", ...rated(size, "video/x-raw"), "!", ...toPipe(size)],
          ],
          ...size,
          explain: (words) => words,
        },
        context,
      ),
  }));
});
