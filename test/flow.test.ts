import pino from "pino";
import { expect, it } from "vitest";
import { type Steps, startFlow } from "../gateway/flow.ts";
import type { Clock } from "../gateway/terms.ts";

const SECOND = 1000;

/** A clock whose timers fire when `wake` says, and which ticks on by a millisecond whenever it is looked at. */
function restless(start: number, wake: (due: number, ms: number) => number) {
  let now = start;
  let naps = 0;
  const clock: Clock = {
    now: () => now++,
    elapsed: () => now,
    async sleep(ms, signal) {
      if (++naps > 200)
        await new Promise<void>((resolve) => signal?.addEventListener("abort", () => resolve()));
      now = wake(now + ms, ms);
    },
  };
  return clock;
}

/** The ends of the windows that are closed. */
async function endsBy(clock: Clock, howMany: number): Promise<number[]> {
  const ends: number[] = [];
  let enough = () => {};
  const closed = new Promise<void>((resolve) => {
    enough = resolve;
  });
  const steps = {
    protect: {
      closeZones: () => [],
      close(time: number) {
        ends.push(time / SECOND);
        if (ends.length >= howMany) enough();
      },
    },
    publish: () => {},
  } as unknown as Steps;
  const flow = startFlow(steps, 10, { log: pino({ level: "silent" }), clock });
  await closed;
  await flow.close();
  return ends.slice(0, howMany);
}

it("leaves no window out when a timer fires a millisecond early and the clock ticks on while it is read", async () => {
  const clock = restless(1_000 * SECOND + 3, (due, ms) => (ms > 5 ? due - 2 : due));
  expect(await endsBy(clock, 5)).toEqual([1_010, 1_020, 1_030, 1_040, 1_050]);
});

it("goes on with the window that it is when the clock is set back by an hour", async () => {
  let set = false;
  const clock = restless(7_200 * SECOND, (due) => {
    if (set || due < 7_230 * SECOND) return due;
    set = true;
    return due - 3_600 * SECOND;
  });
  expect(await endsBy(clock, 5)).toEqual([7_210, 7_220, 3_640, 3_650, 3_660]);
});
