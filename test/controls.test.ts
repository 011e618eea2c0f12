import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { systemClock } from "../gateway/clock.ts";
import { followControls } from "../gateway/controls.ts";
import type { Flow } from "../gateway/flow.ts";
import { createLogger } from "../gateway/log.ts";
import type { Pause } from "../gateway/pause.ts";
import type { Shutter } from "../gateway/shutter.ts";

/** Controls over a disk whose every write takes as long as is said, and a shutter that notes who holds it. */
function surroundings({
  before = null,
  turns = () => 0,
  broken = false,
}: {
  before?: Pause | null;
  turns?: () => number;
  broken?: boolean;
}) {
  const seen = { held: false, kept: before, written: [] as string[], told: [] as string[] };
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
    },
    before,
    tell: ({ kind }) => void seen.told.push(kind),
    log: createLogger("silent" as "error", false),
    clock: systemClock,
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

  it("pause all the same when that cannot be written down", async () => {
    const { controls, seen } = surroundings({ broken: true });
    await controls.toggle();
    expect(seen).toMatchObject({ held: true, kept: { until: null }, told: ["paused"] });
  });
});
