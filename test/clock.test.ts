import { setImmediate as turn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../gateway/clock.ts";

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

it("sleeps for as long as it is told, also for years, which a timer cannot", async () => {
  let awake = false;
  void systemClock.sleep(1_000 * DAY_MS).then(() => {
    awake = true;
  });
  await vi.advanceTimersByTimeAsync(1_000 * DAY_MS - 1);
  expect(awake).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(awake).toBe(true);
});

it("wakes when it is told to, however long it was to sleep, and leaves no timer behind", async () => {
  const stopping = new AbortController();
  const sleeping = systemClock.sleep(1_000 * DAY_MS, stopping.signal);
  await vi.advanceTimersByTimeAsync(100 * DAY_MS);
  stopping.abort();
  await sleeping;
  await turn();
  expect(vi.getTimerCount()).toBe(0);
});
