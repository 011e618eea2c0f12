import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import type { Camera, CameraContext } from "../../gateway/eye/capture/camera.ts";
import type { Frame } from "../../gateway/terms.ts";
import { childProcesses } from "../support/processes.ts";

export interface CameraUnderTest {
  /** Opens one that gives at least ten frames, at this rate. */
  readonly framesPerSecond: number;
  open(context: CameraContext): Promise<Camera>;
  /** How many frames it has in all in pace `every`; null when it never ends, `live` when it knows no such pace. */
  readonly length: number | null | "live";
}

/** What `camera.ts` promises, held against one driver. */
export function describeCamera(name: string, prepare: () => Promise<CameraUnderTest>): void {
  describe(`the camera contract: ${name}`, () => {
    const opened: Camera[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((camera) => camera.close()));
    });

    async function open(pace: CameraContext["pace"]) {
      const camera = await prepare();
      const context: CameraContext = { name: "camera-7", clock, log: pino({ level: "silent" }), pace };
      const open = await camera.open(context);
      opened.push(open);
      return { ...camera, camera: open, step: 1000 / camera.framesPerSecond };
    }

    async function take(camera: Camera, count: number): Promise<Frame[]> {
      const frames: Frame[] = [];
      while (frames.length < count) {
        const frame = await camera.next();
        if (frame === null) break;
        frames.push(frame);
      }
      return frames;
    }

    it("gives frames of the size they state, in order, at about their rate", async () => {
      const { camera, step } = await open("live");
      await take(camera, 1);
      const began = clock.elapsed();
      const frames = await take(camera, 4);
      // Not three steps: of what waited in a pipe while the machine was busy, some may come at once.
      expect(clock.elapsed() - began).toBeGreaterThan(1.5 * step);
      expect(frames).toHaveLength(4);
      for (const frame of frames) {
        expect(frame.camera).toBe("camera-7");
        expect(frame.width).toBeGreaterThan(0);
        expect(frame.rgb).toHaveLength(frame.width * frame.height * 3);
        expect(Math.abs(frame.time - clock.now())).toBeLessThan(5_000);
      }
      for (const [index, frame] of frames.slice(1).entries()) {
        expect(frame.sequence).toBeGreaterThan(frames[index]!.sequence);
        expect(frame.time).toBeGreaterThan(frames[index]!.time);
      }
    });

    it("gives a slow reader the latest frame and not a backlog", async () => {
      const { camera, step } = await open("live");
      const [before] = await take(camera, 1);
      await sleep(5.5 * step);
      const [after] = await take(camera, 1);
      expect(after!.sequence - before!.sequence).toBeGreaterThanOrEqual(3);
      expect(clock.now() - after!.time).toBeLessThan(3.5 * step);
      const [next] = await take(camera, 1);
      expect(next!.sequence).toBeGreaterThan(after!.sequence);
    });

    it("loses none in pace `every`, however slow the reader, and times them by the film", async (test) => {
      const { camera, step, length } = await open("every");
      if (length === "live") return test.skip("it has no other pace than its own");
      const frames = await take(camera, 1);
      await sleep(3 * step);
      frames.push(...(await take(camera, length === null ? 9 : length + 5)));
      expect(frames.map(({ sequence }) => sequence)).toEqual([...Array(length ?? 10).keys()]);
      for (const [index, { time }] of frames.entries()) {
        expect(time - frames[0]!.time).toBeCloseTo(index * step, 0);
      }
      if (length !== null) expect(await camera.next()).toBeNull();
    });

    it.each(["live", "every"] as const)(
      "in pace `%s` can be closed twice, and then gives null",
      async (pace) => {
        const { camera } = await open(pace);
        await camera.next();
        await camera.close();
        await camera.close();
        expect(await camera.next()).toBeNull();
      },
    );

    it("gives null to one who waits while it is closed", async () => {
      const { camera } = await open("live");
      await take(camera, 2);
      const waiting = camera.next();
      await camera.close();
      expect(await waiting).toBeNull();
    });

    it("leaves no process behind", async () => {
      const before = childProcesses();
      const { camera } = await open("live");
      await camera.next();
      await camera.close();
      expect(childProcesses()).toEqual(before);
    });
  });
}
