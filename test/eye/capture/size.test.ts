import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { findFfmpeg } from "../../../gateway/eye/capture/ffmpeg.ts";
import { asRaw } from "../../../gateway/eye/capture/size.ts";

/**
 * How many pictures are left of ten seconds of a camera that gives `rate` a second, when `framesPerSecond` are wanted.
 * @param times an expression for ffmpeg's `setpts`: when each of them came, by this machine's clock.
 */
async function left(rate: number, framesPerSecond: number, times = "PTS"): Promise<number> {
  const size = { width: 64, height: 36, framesPerSecond };
  const camera = `testsrc=s=128x72:r=${rate}:d=10,setpts='${times}'`;
  const args = ["-v", "error", "-f", "lavfi", "-i", camera, ...asRaw(size)];
  // A thousand pictures: more than any of these may give, less than an hour of them.
  const most = { encoding: "buffer", maxBuffer: 1000 * 64 * 36 * 3 } as const;
  const { stdout } = await promisify(execFile)(await findFfmpeg(), args, most);
  return stdout.length / (64 * 36 * 3);
}

describe("pictures on their way out of ffmpeg", () => {
  it.each([
    [10, 2, 20],
    [10, 7, 70],
    [25, 0.5, 5],
    [12.5, 5, 50],
  ])("are dropped evenly: of %d a second %d are left", async (rate, wanted, count) => {
    expect(await left(rate, wanted)).toBe(count);
  });

  it("are never repeated when the camera gives fewer than are wanted", async () => {
    expect(await left(1, 5)).toBe(10);
  });

  it.each([
    ["an hour ahead", "PTS+gte(T,5)*3600/TB"],
    ["back by an hour", "PTS-gte(T,5)*3600/TB"],
    ["back by less than two seconds", "PTS-gte(T,5)*1.4/TB"],
  ])("come at the same rate when the clock is set %s meanwhile", async (_, times) => {
    const pictures = await left(10, 2, times);
    expect(pictures).toBeGreaterThanOrEqual(17);
    expect(pictures).toBeLessThanOrEqual(22);
  });

  it("may come somewhat early and late, as over a network", async () => {
    expect(await left(10, 2, "PTS+(random(1)-0.5)*0.15/TB")).toBeGreaterThanOrEqual(18);
  });
});
