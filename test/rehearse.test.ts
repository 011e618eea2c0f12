import { beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../gateway/clock.ts";
import { createLogger } from "../gateway/log.ts";
import { agreementOf, type Rehearsed, rehearse } from "../gateway/rehearse.ts";
import { preparedForTests } from "./models/prepared.ts";

const prepared = await preparedForTests();

/** Two minutes of drawn pictures pass in one of a test's; two frames in five seconds is what two cores have time for. */
const FRAMES_PER_SECOND = 0.4;

describe.skipIf(!prepared)(
  "a simulated ten-minute lesson with three activities and two drops (skipped without the model pack)",
  () => {
    let windows: Rehearsed[] = [];

    beforeAll(async () => {
      const lesson = {
        lesson: "three-activities",
        seed: 5,
        students: 24,
        framesPerSecond: FRAMES_PER_SECOND,
      };
      windows = await rehearse(prepared!.pack, lesson, { log: createLogger("warn"), clock: systemClock });
    }, 300_000);

    const focusBetween = ([from, to]: readonly [number, number]) => {
      const inside = windows.flatMap(({ window: { time, focus } }) =>
        time / 1000 > from && time / 1000 <= to && focus !== null ? [focus] : [],
      );
      return inside.reduce((sum, value) => sum + value, 0) / inside.length;
    };

    it("gives a focus that follows the truth with r of at least 0.85", () => {
      const { correlation, known } = agreementOf(windows);
      expect(correlation).toBeGreaterThanOrEqual(0.85);
      expect(known).toBeGreaterThan(0.9);
    });

    it("shows both drops, and the way back from each", () => {
      // The script turns most of the class away from 2:00 to 2:45 and from 5:30 to 6:10.
      for (const [before, drop, after] of [
        [
          [60, 120],
          [130, 160],
          [180, 230],
        ],
        [
          [270, 330],
          [340, 370],
          [380, 420],
        ],
      ] as const) {
        expect(focusBetween(drop)).toBeLessThan(focusBetween(before) - 0.2);
        expect(focusBetween(after)).toBeGreaterThan(focusBetween(drop) + 0.2);
      }
    });

    it("holds the truth in most of its intervals", () => {
      expect(agreementOf(windows).insideInterval).toBeGreaterThan(0.8);
    });
  },
);

describe("agreement", () => {
  it("counts windows that say nothing as unknown, and not as wrong", () => {
    const window = (focus: number | null) => ({
      focus,
      low: focus === null ? null : focus - 0.1,
      high: focus === null ? null : focus + 0.1,
    });
    const rehearsed = [
      { window: window(0.2), truth: 0.25 },
      { window: window(0.8), truth: 0.95 },
      { window: window(null), truth: 0.1 },
    ] as unknown as Rehearsed[];
    const { correlation, meanAbsoluteError, insideInterval, known } = agreementOf(rehearsed);
    expect(correlation).toBeCloseTo(1, 9);
    expect(meanAbsoluteError).toBeCloseTo(0.1, 9);
    expect(insideInterval).toBe(0.5);
    expect(known).toBeCloseTo(2 / 3, 9);
  });
});

it.skipIf(!prepared)(
  "ends with what is thrown at it on the way, and lets go of the eye",
  async () => {
    const lesson = { lesson: "three-activities", seed: 5, students: 12, framesPerSecond: FRAMES_PER_SECOND };
    const onProgress = () => {
      throw new Error("seen enough");
    };
    const around = { log: createLogger("warn"), clock: systemClock };
    await expect(rehearse(prepared!.pack, { ...lesson, onProgress }, around)).rejects.toThrow("seen enough");
  },
  60_000,
);
