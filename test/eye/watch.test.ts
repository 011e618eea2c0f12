import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { failure } from "../../gateway/errors.ts";
import type { Camera } from "../../gateway/eye/capture/camera.ts";
import { type Inspector, openInspector, type Verdict } from "../../gateway/eye/capture/health/inspect.ts";
import { type Watch, watch } from "../../gateway/eye/watch.ts";
import type { Clock, Frame } from "../../gateway/terms.ts";
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

const trusting = openInspector({ mask: [], pictures: "played", frozenAfterSeconds: 15 });

/** Judges one frame after the other as told, and finds nothing wrong with the rest. */
const judging = (...verdicts: Verdict[]): Inspector => ({
  inspect: () => verdicts.shift() ?? { state: "ok", problem: null, usable: true, brightness: null },
});

function look(
  open: () => Promise<Camera>,
  { again = true, stalledAfterSeconds = 0.1 as number | null, inspector = trusting, on = clock } = {},
) {
  const said: string[] = [];
  let looked = 0;
  const watched: Watch = watch(open, {
    ...{ clock: on, stalledAfterSeconds, again, inspector },
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

  it("does not wait for its next attempt when it is stopped", { timeout: 10_000 }, async () => {
    // On this clock a pause lasts until it is broken off.
    const standing: Clock = {
      ...clock,
      sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener("abort", () => resolve())),
    };
    const { watched, said } = look(() => Promise.reject(new Error("no")), {
      on: standing,
      stalledAfterSeconds: null,
    });
    await until(() => said.length === 2 || undefined);
    await watched.stop();
    expect(said).toEqual(["opening", "lost: no"]);
  });

  it("counts a camera that hangs while it opens as stalled, and closes it should it open after all", async () => {
    const late = scripted(1, () => never);
    let finish: (camera: Camera) => void = () => {};
    const opening: Array<Promise<Camera>> = [
      new Promise((resolve) => (finish = resolve)),
      Promise.resolve(scripted(1, async () => null).camera),
    ];
    const { watched, said } = look(() => opening.shift()!);
    await watched.over;
    expect(said).toEqual(["opening", "stalled: no picture for 0.2 s", "ok", "ended"]);
    finish(late.camera);
    await until(() => late.closed() || undefined);
  });

  it("gives the first picture twice the time of the others", async () => {
    const slow = scripted(0, () => sleep(150).then(() => frame));
    const { watched, said } = look(async () => slow.camera);
    await until(() => said.includes("ok") || undefined);
    await watched.stop();
    expect(said).toEqual(["opening", "ok"]);
  });

  it("does not look at pictures in which nothing can be seen, and says so once", async () => {
    const dark = { state: "dark", problem: "too dark", usable: false, brightness: null } as const;
    const passing = { state: "ok", problem: null, usable: false, brightness: null } as const;
    const { watched, said, looked } = look(async () => scripted(6, async () => null).camera, {
      inspector: judging(passing, dark, dark, passing),
    });
    await watched.over;
    expect(said).toEqual(["opening", "dark: too dark", "ok", "ended"]);
    expect(looked()).toBe(2);
  });

  it("opens a frozen camera again", async () => {
    const frozen = scripted(5, () => never);
    const cameras = [frozen.camera, scripted(1, async () => null).camera];
    const well = { state: "ok", problem: null, usable: true, brightness: null } as const;
    const { watched, said, looked } = look(async () => cameras.shift()!, {
      inspector: judging(well, {
        state: "frozen",
        problem: "the same picture",
        usable: false,
        brightness: null,
      }),
    });
    await watched.over;
    expect(said).toEqual(["opening", "ok", "frozen: the same picture", "ok", "ended"]);
    expect(looked()).toBe(2);
    expect(frozen.closed()).toBe(1);
  });

  it("tries a camera that refuses the password again only after a while, for it would lock us out", async () => {
    let attempts = 0;
    const codes: unknown[] = [];
    const watched = watch(
      () => {
        attempts += 1;
        return Promise.reject(failure("CAMERA_REFUSED", { camera: "c", place: "there" }));
      },
      {
        ...{ clock, stalledAfterSeconds: 1, again: true, inspector: trusting },
        look: async () => {},
        say: (_state, _problem, code) => codes.push(code),
      },
    );
    await sleep(1500);
    await watched.stop();
    expect(attempts).toBe(1);
    expect(codes).toEqual([undefined, "CAMERA_REFUSED"]);
  });

  it("goes on asking less and less often while it is refused, whatever else goes wrong in between", async () => {
    const refused = () => Promise.reject(failure("CAMERA_REFUSED", { camera: "c", place: "there" }));
    const gone = () => Promise.reject(new Error("it hung up"));
    const well = async () => scripted(1, gone).camera;
    const opening = [refused, refused, gone, refused, well, refused];
    const pauses: number[] = [];
    // On this clock a pause takes no time, and the last one lasts until it is broken off.
    const noting: Clock = {
      ...clock,
      async sleep(ms, signal) {
        pauses.push(ms);
        if (opening.length === 0) await new Promise((resolve) => signal?.addEventListener("abort", resolve));
      },
    };
    const { watched } = look(() => opening.shift()!(), { on: noting, stalledAfterSeconds: null });
    await until(() => pauses.length === 6 || undefined);
    await watched.stop();
    const between = (ms: number) => [ms / 2, ms];
    for (const [index, [least, most]] of [
      ...[between(5_000), between(10_000), between(10_000), between(20_000)], // refused, refused, gone, refused
      ...[
        [0, 10_000],
        [0, 20_000],
      ], // it let us in: what it was refused before counts no more
    ].entries()) {
      expect(pauses[index]).toBeGreaterThanOrEqual(least!);
      expect(pauses[index]).toBeLessThanOrEqual(most!);
    }
  });

  it("says that a camera has stalled even when it cannot be closed, and opens it again only once it is", async () => {
    let gone: () => void = () => {};
    const stuck: Camera = {
      ...scripted(1, () => never).camera,
      close: () => new Promise((resolve) => (gone = resolve)),
    };
    const cameras = [stuck, scripted(1, async () => null).camera];
    const { watched, said } = look(async () => cameras.shift()!);
    await until(() => said.includes("stalled: no picture for 0.1 s") || undefined);
    await sleep(1_000);
    expect(cameras).toHaveLength(1);
    gone();
    await watched.over;
    expect(said).toEqual(["opening", "ok", "stalled: no picture for 0.1 s", "ok", "ended"]);
  });
});
