import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import type { Camera } from "../../gateway/eye/capture/camera.ts";
import { type Watch, watch } from "../../gateway/eye/watch.ts";
import type { Frame } from "../../gateway/terms.ts";
import { until } from "../support/programs.ts";

const frame: Frame = { camera: "c", sequence: 0, time: 0, width: 1, height: 1, rgb: new Uint8Array(3) };
const never = new Promise<never>(() => {});

/** A camera that gives so many frames and then does as told. */
function scripted(frames: number, then: () => Promise<Frame | null>) {
  let left = frames;
  let closed = 0;
  let wake: (value: null) => void = () => {};
  const closing = new Promise<null>((resolve) => {
    wake = resolve;
  });
  const camera: Camera = {
    next: () => (left-- > 0 ? Promise.resolve(frame) : Promise.race([then(), closing])),
    async close() {
      closed += 1;
      wake(null);
    },
  };
  return { camera, closed: () => closed };
}

function look(
  open: () => Promise<Camera>,
  { again = true, stalledAfterSeconds = 0.1 as number | null } = {},
) {
  const said: string[] = [];
  let looked = 0;
  const watched: Watch = watch(open, {
    ...{ clock, stalledAfterSeconds, again },
    async look() {
      looked += 1;
    },
    say: (state, problem) => said.push(problem ? `${state}: ${problem}` : state),
  });
  return { watched, said, looked: () => looked };
}

describe("watching a camera", () => {
  it("looks at every frame until the film ends", async () => {
    const { camera, closed } = scripted(3, async () => null);
    const { watched, said, looked } = look(async () => camera);
    await watched.over;
    expect(said).toEqual(["opening", "ok", "ended"]);
    expect(looked()).toBe(3);
    expect(closed()).toBe(1);
  });

  it("opens a lost camera again, saying once that it is lost", async () => {
    let attempts = 0;
    const { watched, said } = look(
      async () => {
        attempts += 1;
        if (attempts < 3) throw new Error("no such device");
        return scripted(1, () => never).camera;
      },
      { stalledAfterSeconds: null },
    );
    await until(() => said.includes("ok") || undefined, 5);
    expect(attempts).toBe(3);
    expect(said).toEqual(["opening", "lost: no such device", "ok"]);
    await watched.stop();
  });

  it("closes a camera that has stalled, and opens it again", async () => {
    const stalled = scripted(1, () => never);
    const cameras = [stalled.camera, scripted(1, async () => null).camera];
    const { watched, said } = look(async () => cameras.shift()!);
    await watched.over;
    expect(said).toEqual(["opening", "ok", "stalled: no picture for 0.1 s", "ok", "ended"]);
    expect(stalled.closed()).toBe(1);
  });

  it("ends with a problem when it is not to try again", async () => {
    const { watched, said } = look(
      async () => scripted(1, () => Promise.reject(new Error("cut off"))).camera,
      {
        again: false,
      },
    );
    await watched.over;
    expect(said).toEqual(["opening", "ok", "ended: cut off"]);
  });

  it("closes the camera when it is stopped, and says no more", async () => {
    const { camera, closed } = scripted(1, () => never);
    const { watched, said } = look(async () => camera, { stalledAfterSeconds: null });
    await until(() => said.includes("ok") || undefined);
    await watched.stop();
    await watched.stop();
    expect(closed()).toBeGreaterThan(0);
    expect(said).toEqual(["opening", "ok"]);
  });

  it("closes at once a camera that opens only after it was stopped", async () => {
    const { camera, closed } = scripted(1, () => never);
    let finish: (camera: Camera) => void = () => {};
    const { watched, looked } = look(() => new Promise((resolve) => (finish = resolve)));
    const stopped = watched.stop();
    finish(camera);
    await stopped;
    expect(closed()).toBe(1);
    expect(looked()).toBe(0);
  });

  it("does not wait for ever for a driver that never opens", async () => {
    const { watched } = look(() => never);
    const began = clock.elapsed();
    await watched.stop();
    expect(clock.elapsed() - began).toBeLessThan(3000);
  });

  it("does not wait for its next attempt when it is stopped", async () => {
    const { watched, said } = look(() => Promise.reject(new Error("no")));
    await until(() => said.length === 2 || undefined);
    await sleep(1200); // somewhere in a longer pause
    const began = clock.elapsed();
    await watched.stop();
    expect(clock.elapsed() - began).toBeLessThan(100);
  });
});
