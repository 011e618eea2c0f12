import pino from "pino";
import { describe, expect, it } from "vitest";
import { simulated } from "../../../gateway/eye/capture/cameras/simulated.ts";
import type { Clock } from "../../../gateway/terms.ts";

/** A clock on which sleeping is the only thing that takes time. */
function testClock(): Clock & { pass(ms: number): void } {
  let elapsed = 0;
  const pass = (ms: number) => {
    elapsed += Math.max(0, ms);
  };
  return { now: () => 1_000_000 + elapsed, elapsed: () => elapsed, sleep: async (ms) => pass(ms), pass };
}

async function open(pace: "live" | "every", more: Record<string, unknown> = {}) {
  const clock = testClock();
  const size = { students: 2, width: 160, height: 120 };
  const options = simulated.options.parse({ driver: "simulated", lesson: "smoke", ...size, ...more });
  const camera = await simulated.open(options, { name: "c", clock, log: pino({ level: "silent" }), pace });
  return { clock, camera };
}

describe("the simulated camera", () => {
  it("says what the lesson says is going on", async () => {
    const { clock, camera } = await open("live");
    expect((await camera.next())!.cue).toEqual({
      activity: "lecture",
      lesson: "Smoke",
      airing: false,
    });
    clock.pass(14_000);
    expect((await camera.next())!.cue).toEqual({
      activity: "seatwork",
      lesson: "Smoke",
      airing: false,
    });
  });

  it("plays a lesson once through in pace `every`, from the time it was opened, and then ends", async () => {
    const { camera } = await open("every", { framesPerSecond: 1 });
    const times: number[] = [];
    for (let frame = await camera.next(); frame; frame = await camera.next()) times.push(frame.time);
    expect(times).toEqual(Array.from({ length: 20 }, (_, second) => 1_000_000 + second * 1000));
    expect(await camera.next()).toBeNull();
  });

  it("begins again when the lesson is over, or ends if it is told to", async () => {
    const looping = await open("live");
    looping.clock.pass(33_000); // 13 s into the second round
    expect((await looping.camera.next())!.cue!.activity).toBe("seatwork");
    const once = await open("live", { loop: false });
    expect(await once.camera.next()).not.toBeNull();
    once.clock.pass(33_000);
    expect(await once.camera.next()).toBeNull();
  });

  it("plays faster than life if it is told to", async () => {
    const { clock, camera } = await open("live", { speed: 10 });
    clock.pass(1600);
    expect((await camera.next())!.cue!.activity).toBe("seatwork");
  });

  it("is not opened for a lesson that is not there or not right", async () => {
    await expect(open("live", { lesson: "no-such" })).rejects.toMatchObject({ code: "INPUT_MISSING" });
    await expect(open("live", { lesson: "package.json" })).rejects.toMatchObject({ code: "LESSON_INVALID" });
  });
});
