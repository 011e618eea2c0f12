import { expect, test } from "vitest";
import { openStamps } from "../../gateway/publish/stamps.ts";
import { hands } from "../support/hands.ts";

const FLOOR = Date.UTC(2026, 0, 1);
const NOON = Date.UTC(2026, 10, 23, 12);

function opened(now: number) {
  const clock = hands(now);
  const steps: number[] = [];
  const sent: [string, number][] = [];
  const stamps = openStamps({ clock, floor: FLOOR, onStep: (seconds) => void steps.push(seconds) });
  const say = (name: string) => stamps.stamp(clock.now(), (time) => void sent.push([name, time]));
  return { clock, steps, sent, stamps, say };
}

test("what happened in 1970 waits, and gets the time at which it happened", () => {
  const { clock, steps, sent, stamps, say } = opened(5_000);
  say("a");
  clock.pass(10_000);
  say("b");
  clock.pass(5_000);
  expect([sent, stamps.held()]).toEqual([[], 2]);
  clock.set(NOON);
  say("c");
  expect(sent).toEqual([
    ["a", NOON - 15_000],
    ["b", NOON - 5_000],
    ["c", NOON],
  ]);
  expect(steps).toEqual([Math.round((NOON - 20_000) / 1000)]);
});

test("an hour back: what comes then does not take the place of what was there", () => {
  const { clock, sent, steps, say } = opened(NOON);
  for (const name of ["a", "b", "c"]) {
    say(name);
    clock.pass(5_000);
  }
  clock.set(NOON);
  for (const name of ["d", "e", "f", "g"]) {
    say(name);
    clock.pass(5_000);
  }
  const times = sent.map(([, time]) => time - NOON);
  expect(times).toEqual([0, 5_000, 10_000, 1, 5_001, 10_001, 15_000]);
  expect(steps).toEqual([-15]);
});

test("a year ahead and back is told of twice, and NTP's small steps are not", () => {
  const { clock, steps, say } = opened(NOON);
  say("a");
  clock.pass(5_000);
  clock.set(clock.now() + 300);
  say("b");
  clock.set(clock.now() + 31_536_000_000);
  say("c");
  clock.set(clock.now() - 31_536_000_000);
  say("d");
  expect(steps).toEqual([31_536_000, -31_536_000]);
});

test("a machine that never learns the time keeps the newest, and counts the rest", () => {
  const { clock, stamps, sent, say } = opened(0);
  for (let i = 0; i < 10_005; i++) {
    say(String(i));
    clock.pass(5_000);
  }
  expect([stamps.held(), stamps.lost()]).toEqual([10_000, 5]);
  clock.set(NOON);
  say("now");
  expect(sent[0]).toEqual(["5", NOON - 10_000 * 5_000]);
});
