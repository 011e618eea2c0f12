import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { calibrateWithCameras } from "../../gateway/eye/calibrate.ts";
import { cameraOptions } from "../../gateway/eye/eye.ts";
import { perceiveOptions } from "../../gateway/eye/perceive/perceive.ts";
import { ROLES } from "../../models/manifest.ts";
import { isParity } from "../../models/quantize/parity.ts";
import { preparedForTests } from "./prepared.ts";

const prepared = await preparedForTests();

/** A simulated camera stands for the room's: the way of its pictures is the same. */
const start = (students: number, frames: number) => ({
  cameras: [
    cameraOptions.parse({ name: "front", driver: "simulated", students, framesPerSecond: 10, speed: 20 }),
  ],
  perceive: perceiveOptions.parse({}),
  pack: prepared!.pack,
  logLevel: "error" as const,
  frames,
  everySeconds: 0.1,
});

describe.skipIf(!prepared)("calibrating with the room's own cameras (needs the pack's files)", () => {
  it("gives networks and figures, and no pictures", { timeout: 240_000 }, async () => {
    const progress: number[] = [];
    const made = await calibrateWithCameras(start(12, 4), (share) => progress.push(share));
    const pose = made.find(({ role, variant }) => role === "pose" && variant === "int8")!;
    expect(isParity(pose.parity)).toBe(true);
    expect(new Set(made.map(({ role }) => role)).size).toBeGreaterThanOrEqual(2);
    for (const each of made) {
      expect(Object.keys(each).sort()).toEqual(["bytes", "how", "parity", "role", "variant"]);
      expect(ROLES).toContain(each.role);
      // Smaller than the original: weights and ranges, with no room for anything else.
      expect(each.bytes.length).toBeLessThan(prepared!.pack.float32[each.role].bytes);
    }
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
  });

  it("says so when too few faces were there", { timeout: 120_000 }, async () => {
    const refusal = {
      code: "MODEL_CALIBRATION",
      message: expect.stringMatching(/: too few faces were seen: 24 and then 8 are needed$/),
    };
    await expect(calibrateWithCameras(start(1, 3), () => {})).rejects.toMatchObject(refusal);
  });

  it("stops, and its process is gone, when the cameras must be closed", { timeout: 60_000 }, async () => {
    const stopping = new AbortController();
    const pause = new Error("the teacher has paused");
    const progress: number[] = [];
    const going = calibrateWithCameras(
      start(12, 1_000),
      (share) => {
        progress.push(share);
        stopping.abort(pause);
      },
      stopping.signal,
    );
    await expect(going).rejects.toBe(pause);
    const told = progress.length;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(progress).toHaveLength(told);
  });

  it("does not wait for ever for a camera that is silent", { timeout: 60_000 }, async () => {
    const server = createServer((_, answer) => {
      answer.writeHead(200, { "content-type": "multipart/x-mixed-replace; boundary=picture" });
      answer.flushHeaders();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const silent = cameraOptions.parse({ driver: "http", url: `http://127.0.0.1:${port}/` });
    try {
      await expect(
        calibrateWithCameras({ ...start(1, 3), cameras: [silent] }, () => {}),
      ).rejects.toMatchObject({
        code: "CAMERA_LOST",
        message: expect.stringContaining("no picture for 10 s"),
      });
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
