import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOUNDS } from "../../gateway/protect/profile.ts";
import { openProtector, protectOptions } from "../../gateway/protect/protect.ts";
import { agreement } from "../../gateway/protect/room.ts";
import type { Activity, Attention, Target, TargetShares, Window } from "../../gateway/terms.ts";
import { TARGETS } from "../../gateway/terms.ts";

const ENGINE = { provider: "cpu", precision: "float32" } as const;
const SOURCE = { model: "test@00000000", perception: "eyes@00000000", engine: ENGINE };
const LECTURE = { activity: "lecture" as Activity, lesson: "Maths" };

const on = (target: Target, certainty = 1): TargetShares =>
  Object.fromEntries(
    TARGETS.map((each) => [each, each === target ? certainty : (1 - certainty) / 4]),
  ) as TargetShares;

function moment(time: number, targets: readonly TargetShares[], camera = "front"): Attention {
  const seats = targets.map((shares, seat) => ({
    camera,
    seat,
    targets: shares,
    confidence: 1,
    shift: null,
  }));
  return { camera, time, seats, roomError: 0, ...SOURCE };
}

/** A window of ten seconds at 2 Hz with the same heads throughout. */
function windowOf(targets: readonly TargetShares[], options: object = {}, lesson = LECTURE): Window {
  const protector = openProtector(protectOptions.parse(options), SOURCE);
  for (let time = 0; time < 10_000; time += 500) protector.take(moment(time, targets), lesson);
  return protector.close(10_000, lesson);
}

const shares = () =>
  fc.array(fc.double({ min: 0.001, max: 1, noNaN: true }), { minLength: 5, maxLength: 5 }).map((weights) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return Object.fromEntries(TARGETS.map((target, i) => [target, weights[i]! / sum])) as TargetShares;
  });

const aboutPeople = (window: Window) => [
  window.focus,
  window.low,
  window.high,
  window.targets,
  window.shiftsPerMinute,
  window.synchrony,
];

describe("a window", () => {
  it("gives the share of heads on the targets that the activity expects", () => {
    const class20 = [...Array(15).fill(on("board")), ...Array(5).fill(on("away"))];
    expect(windowOf(class20).focus).toBeCloseTo(0.75, 6);
    expect(windowOf(class20, {}, { ...LECTURE, activity: "exam" }).focus).toBeCloseTo(0, 6);
  });

  it("says no more than how many heads there are and where they are turned to, under the profile eu", () => {
    const protector = openProtector(protectOptions.parse({}), SOURCE, BOUNDS.eu);
    for (let time = 0; time < 10_000; time += 500) {
      protector.take(moment(time, Array(20).fill(on("board"))), LECTURE);
    }
    expect(protector.close(10_000, LECTURE)).toMatchObject({
      quality: "ok",
      heads: 20,
      targets: { board: 1 },
      focus: null,
      low: null,
      high: null,
      shiftsPerMinute: null,
      synchrony: null,
    });
  });

  it("is about groups of ten under the profile research, whatever smaller one is configured", () => {
    const protector = openProtector(protectOptions.parse({ minimumGroup: 5 }), SOURCE, BOUNDS.research);
    for (let time = 0; time < 10_000; time += 500) {
      protector.take(moment(time, Array(9).fill(on("board"))), LECTURE);
    }
    expect(protector.close(10_000, LECTURE)).toMatchObject({ quality: "suppressed", heads: null });
  });

  it("has no focus in a break, because nothing is expected then", () => {
    expect(windowOf(Array(20).fill(on("peer")), {}, { ...LECTURE, activity: "break" })).toMatchObject({
      focus: null,
      low: null,
      high: null,
      quality: "ok",
    });
  });

  it("is suppressed for groups below the minimum, and tells nothing about them, not even their number", () => {
    for (const heads of [0, 1, 4]) {
      const window = windowOf(Array(heads).fill(on("board")));
      expect(window.quality).toBe("suppressed");
      expect([...aboutPeople(window), window.heads, window.coverage, window.expected]).toEqual(
        Array(9).fill(null),
      );
    }
  });

  it("comes out as low coverage with an unknown focus when most heads are hidden", () => {
    expect(windowOf(Array(8).fill(on("away")), { expectedHeads: 24 })).toMatchObject({
      quality: "low_coverage",
      focus: null,
      heads: 8,
      coverage: 8 / 24,
    });
  });

  it("counts a camera that looked for a quarter of the window as a quarter of the coverage", () => {
    const protector = openProtector(protectOptions.parse({ expectedHeads: 20 }), SOURCE);
    for (let time = 0; time < 2400; time += 500)
      protector.take(moment(time, Array(20).fill(on("board"))), LECTURE);
    expect(protector.close(10_000, LECTURE)).toMatchObject({
      quality: "low_coverage",
      coverage: 0.25,
      focus: null,
    });
  });

  it("says no_camera when nothing looked", () => {
    const window = openProtector(protectOptions.parse({}), SOURCE).close(10_000, LECTURE);
    expect(window.quality).toBe("no_camera");
    expect(aboutPeople(window)).toEqual(Array(6).fill(null));
  });

  it("says paused for every window that a pause touched, and uses nothing of them", () => {
    const protector = openProtector(protectOptions.parse({}), SOURCE);
    const class20 = Array(20).fill(on("board"));
    protector.take(moment(500, class20), LECTURE);
    protector.pause(true);
    protector.take(moment(1000, class20), LECTURE);
    const during = protector.close(10_000, LECTURE);
    protector.pause(false);
    const after = protector.close(20_000, LECTURE);
    for (let time = 20_000; time < 30_000; time += 500) protector.take(moment(time, class20), LECTURE);
    expect([during.quality, after.quality, protector.close(30_000, LECTURE).quality]).toEqual([
      "paused",
      "paused",
      "ok",
    ]);
    expect(aboutPeople(during)).toEqual(Array(6).fill(null));
  });

  it("adds up the heads of several cameras", () => {
    const protector = openProtector(protectOptions.parse({ expectedHeads: 24 }), SOURCE);
    for (let time = 0; time < 10_000; time += 500) {
      protector.take(moment(time, Array(14).fill(on("board")), "left"), LECTURE);
      protector.take(moment(time + 1, Array(10).fill(on("desk")), "right"), LECTURE);
    }
    expect(protector.close(10_000, LECTURE)).toMatchObject({
      heads: 24,
      coverage: 1,
      focus: 1,
      quality: "ok",
    });
  });

  it("expects as many heads as were seen lately when nobody has said how many there are", () => {
    const protector = openProtector(protectOptions.parse({}), SOURCE);
    const play = (from: number, heads: number) => {
      for (let time = from; time < from + 10_000; time += 500)
        protector.take(moment(time, Array(heads).fill(on("board"))), LECTURE);
      return protector.close(from + 10_000, LECTURE);
    };
    play(0, 20);
    expect(play(10_000, 8)).toMatchObject({ expected: 20, coverage: 0.4, quality: "low_coverage" });
  });

  it("is uncertain when heads are hidden or hard to read, and more certain with more heads", () => {
    const width = (window: Window) => window.high! - window.low!;
    const mixed = (n: number, certainty = 1) =>
      Array.from({ length: n }, (_, i) => on(i % 2 ? "board" : "away", certainty));
    expect(width(windowOf(mixed(12), { expectedHeads: 24 }))).toBeGreaterThan(
      width(windowOf(mixed(12), { expectedHeads: 12 })),
    );
    expect(width(windowOf(mixed(24, 0.5)))).toBeGreaterThan(width(windowOf(mixed(24))));
    expect(width(windowOf(mixed(6)))).toBeGreaterThan(width(windowOf(mixed(24))));
  });
});

describe("any sequence of moments", () => {
  const groups = fc.array(fc.array(shares(), { maxLength: 12 }), { minLength: 1, maxLength: 20 });

  it("keeps focus inside its interval and everything inside 0–1, or unknown", () => {
    fc.assert(
      fc.property(
        groups,
        fc.constantFrom<Activity>("lecture", "seatwork", "group", "exam"),
        (moments, activity) => {
          const protector = openProtector(protectOptions.parse({}), SOURCE);
          moments.forEach((targets, i) => {
            protector.take(moment(i * 500, targets), { activity, lesson: null });
          });
          const window = protector.close(10_000, { activity, lesson: null });
          if (window.quality !== "ok") {
            expect(aboutPeople(window)).toEqual(Array(6).fill(null));
            return;
          }
          expect(window.low).toBeLessThanOrEqual(window.focus!);
          expect(window.focus).toBeLessThanOrEqual(window.high!);
          for (const value of [window.low!, window.high!, window.coverage!, window.synchrony!]) {
            expect(value).toBeGreaterThanOrEqual(0);
            expect(value).toBeLessThanOrEqual(1);
          }
          const sum = Object.values(window.targets!).reduce((a, b) => a + b, 0);
          expect(sum).toBeCloseTo(1, 9);
        },
      ),
    );
  });

  it("is never changed by a moment with fewer heads than the minimum group, except in its coverage", () => {
    fc.assert(
      fc.property(
        fc.array(shares(), { minLength: 8, maxLength: 12 }),
        fc.array(shares(), { maxLength: 4 }),
        (many, few) => {
          const play = (last: readonly TargetShares[]) => {
            const protector = openProtector(protectOptions.parse({ expectedHeads: 12 }), SOURCE);
            for (let time = 0; time < 9_500; time += 500) protector.take(moment(time, many), LECTURE);
            protector.take(moment(9_500, last), LECTURE);
            return protector.close(10_000, LECTURE);
          };
          expect(play(few)).toEqual(play([]));
        },
      ),
    );
  });

  it("never publishes anything about people when no moment holds the minimum group, however seats are renumbered", () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(shares(), { maxLength: 4 }), { minLength: 1, maxLength: 20 }),
        (moments) => {
          const protector = openProtector(protectOptions.parse({}), SOURCE);
          moments.forEach((targets, i) => {
            const { seats, ...rest } = moment(i * 500, targets);
            protector.take(
              { ...rest, seats: seats.map((seat) => ({ ...seat, seat: seat.seat + 100 * i })) },
              LECTURE,
            );
          });
          const window = protector.close(10_000, LECTURE);
          expect(window.quality).toBe("suppressed");
          expect([...aboutPeople(window), window.heads, window.coverage]).toEqual(Array(8).fill(null));
        },
      ),
    );
  });
});

describe("the error that all heads share", () => {
  it("widens the interval however many heads there are", () => {
    const width = (roomError: number) => {
      const protector = openProtector(protectOptions.parse({}), SOURCE);
      const mixed = Array.from({ length: 40 }, (_, i) => on(i % 2 ? "board" : "away"));
      for (let time = 0; time < 10_000; time += 500)
        protector.take({ ...moment(time, mixed), roomError }, LECTURE);
      const { low, high } = protector.close(10_000, LECTURE);
      return high! - low!;
    };
    expect(width(0.1)).toBeGreaterThan(0.36);
    expect(width(0.1)).toBeGreaterThan(width(0) + 0.1);
  });
});

describe("agreement", () => {
  it("is the probability that two different heads picked at random attend to the same target", () => {
    expect(agreement([on("board"), on("board"), on("board")])).toBeCloseTo(1, 9);
    expect(agreement([on("board"), on("desk")])).toBeCloseTo(0, 9);
    expect(agreement([on("board"), on("board"), on("desk"), on("desk")])).toBeCloseTo(1 / 3, 9);
  });
});
