import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock } from "../gateway/clock.ts";
import { followControls } from "../gateway/controls.ts";
import type { Flow } from "../gateway/flow.ts";
import { createLogger } from "../gateway/log.ts";
import type { Pause } from "../gateway/pause.ts";
import type { Shutter } from "../gateway/shutter.ts";
import type { Clock } from "../gateway/terms.ts";

/** Controls over a disk whose every write takes as long as is said, and a shutter that notes who holds it. */
function surroundings({
  before = null,
  turns = () => 0,
  broken = false,
  clock = systemClock,
}: {
  before?: Pause | null;
  turns?: () => number;
  broken?: boolean;
  clock?: Clock;
}) {
  const seen = { held: false, kept: before, lifted: 0, written: [] as string[], told: [] as string[] };
  const disk = async () => {
    for (let left = turns(); left > 0; left -= 1) await new Promise(setImmediate);
  };
  const controls = followControls({
    flow: {} as Flow,
    shutter: {
      async hold() {
        seen.held = true;
      },
      async release() {
        seen.held = false;
      },
    } as unknown as Shutter,
    async account(kind) {
      await disk();
      if (broken) throw new Error("no space left");
      seen.written.push(kind);
    },
    async keep(pause) {
      await disk();
      seen.kept = pause;
      if (pause === null) seen.lifted += 1;
    },
    before,
    async keepTold() {},
    tell: ({ kind }) => void seen.told.push(kind),
    log: createLogger("silent" as "error", false),
    clock,
  });
  return { controls, seen };
}

describe("pause and resume", () => {
  it("end as it was said last, however long the disk takes for each", async () => {
    const said = fc.array(fc.tuple(fc.constantFrom("on", "off", "press"), fc.nat(3)), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(said, fc.infiniteStream(fc.nat(4)), async (words, slow) => {
        const { controls, seen } = surroundings({ turns: () => slow.next().value as number });
        const done: Promise<void>[] = [];
        let last = false;
        for (const [word, later] of words) {
          for (let turn = 0; turn < later; turn += 1) await new Promise(setImmediate);
          last = word === "press" ? !last : word === "on";
          done.push(word === "press" ? controls.toggle() : controls.obey({ kind: "pause", paused: last }));
          if (last) expect(seen.held, "the cameras close at once").toBe(true);
        }
        await Promise.all(done);
        await controls.close();
        expect(seen.held).toBe(last);
        expect(seen.kept !== null).toBe(last);
        if (seen.written.length > 0) expect(seen.written.at(-1)).toBe(last ? "paused" : "resumed");
      }),
    );
  });

  it("leave the cameras shut when it cannot be written down that they may go on, until it can", async () => {
    const { controls, seen } = surroundings({ before: { until: null }, broken: true });
    await expect(controls.obey({ kind: "pause", paused: false })).rejects.toThrow("no space left");
    expect(seen).toMatchObject({ held: true, kept: { until: null }, told: [] });
    await expect(controls.toggle(), "it is a pause still").rejects.toThrow("no space left");
  });

  it("keep the pause on disk throughout when somebody pauses again before it was lifted there", async () => {
    const { controls, seen } = surroundings({ before: { until: null }, turns: () => 3 });
    await Promise.all([
      controls.obey({ kind: "pause", paused: false }),
      controls.obey({ kind: "pause", paused: true }),
    ]);
    expect(seen).toMatchObject({ held: true, kept: { until: null }, lifted: 0 });
  });

  it("pause all the same when that cannot be written down", async () => {
    const { controls, seen } = surroundings({ broken: true });
    await controls.toggle();
    expect(seen).toMatchObject({ held: true, kept: { until: null }, told: ["paused"] });
  });
});

describe("a pause with an end, over a restart", () => {
  const END = Date.UTC(2026, 10, 24, 10);

  /** A clock on the wall that may be set, and sleeps that end once so much time has really passed. */
  function machine(wall: number) {
    let [offset, elapsed] = [wall, 0];
    const sleeping = new Set<{ readonly until: number; readonly wake: () => void }>();
    const clock: Clock = {
      now: () => offset + elapsed,
      elapsed: () => elapsed,
      sleep: (ms, signal) =>
        new Promise((resolve) => {
          sleeping.add({ until: elapsed + ms, wake: resolve });
          signal?.addEventListener("abort", () => resolve());
        }),
    };
    return {
      clock,
      set(to: number) {
        offset = to - elapsed;
      },
      async pass(ms: number) {
        for (const end = elapsed + ms; elapsed < end; ) {
          elapsed = Math.min(end, elapsed + 500);
          for (const one of sleeping) if (one.until <= elapsed && sleeping.delete(one)) one.wake();
          for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
        }
      },
    };
  }

  it.each([
    ["right", END - 60_000],
    ["three years behind until it is set", Date.UTC(2023, 5, 1)],
    ["in 1970 until it is set", 0],
  ])("ends at that time, on a machine whose clock is %s", async (_, wall) => {
    const { clock, set, pass } = machine(wall);
    const { controls, seen } = surroundings({ before: { until: END }, clock });
    await pass(30_000);
    expect(seen.held).toBe(true);
    set(END - 30_000);
    await pass(29_000);
    expect(seen.held).toBe(true);
    await pass(4_000);
    expect(seen).toMatchObject({ held: false, kept: null, told: ["resumed"] });
    await controls.close();
  });

  it("lasts as long as was said, though the clock is set meanwhile", async () => {
    const { clock, set, pass } = machine(END);
    const { controls, seen } = surroundings({ clock });
    await controls.obey({ kind: "pause", paused: true, minutes: 1 });
    set(END + 3_600_000);
    await pass(59_000);
    expect(seen.held).toBe(true);
    await pass(2_000);
    expect(seen.held).toBe(false);
    await controls.close();
  });

  it.each([
    ["before", null],
    ["before a restart", { until: null }],
  ])("gives no end to one without an end that was said %s", async (_, before) => {
    const { clock, pass } = machine(END);
    const { controls, seen } = surroundings({ before, clock });
    if (!before) await controls.obey({ kind: "pause", paused: true });
    await controls.obey({ kind: "pause", paused: true, minutes: 1 });
    await pass(120_000);
    expect(seen).toMatchObject({ held: true, kept: { until: null } });
    await controls.obey({ kind: "pause", paused: false });
    await controls.obey({ kind: "pause", paused: true, minutes: 1 });
    await pass(62_000);
    expect(seen, "after one that has ended it counts").toMatchObject({ held: false, kept: null });
    await controls.close();
  });

  it("is found by a restart though it was said before the clock was set", async () => {
    const { clock, set, pass } = machine(0);
    const { controls, seen } = surroundings({ clock });
    await controls.obey({ kind: "pause", paused: true, minutes: 60 });
    await pass(30_000);
    set(END);
    await pass(30_000);
    expect(seen.kept?.until).toBe(END + 59.5 * 60_000);
    await controls.obey({ kind: "pause", paused: false });
    await pass(30_000);
    expect(seen).toMatchObject({ held: false, kept: null });
    await controls.close();
  });
});
