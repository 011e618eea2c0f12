import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeatAttention, TargetShares, View } from "../../../gateway/terms.ts";
import { judge, largestGap } from "../../../models/attention/evaluate.ts";
import { loseFaces } from "../../../models/attention/lost.ts";
import { drawRoom, KINDS } from "../../../models/attention/rooms.ts";
import {
  type Answer,
  calibrationError,
  correlation,
  macroF1,
  turnScore,
} from "../../../models/attention/score.ts";
import type { Recording } from "../../../models/attention/sights.ts";
import { openWorld } from "../../../models/attention/truth.ts";

const answer = (truth: Answer["truth"], said: Answer["said"], confidence = 1): Answer => ({
  truth,
  said,
  confidence,
  cohort: [],
});

const view = (time: number, seats: number[]): View => ({
  ...{ camera: "c", sequence: 0, time, width: 1280, height: 720, missing: [] },
  faces: seats.map((seat) => ({
    ...{ seat, yaw: 0, pitch: 0, roll: 0, score: 1, eyesOpen: null },
    box: { x: 0, y: 0, width: 0.1, height: 0.1 },
  })),
  engine: { provider: "cpu", precision: "float32" },
  took: { capture: 0, detect: 0, pose: 0, total: 0 },
});

describe("the scores", () => {
  it("count as the textbook does", () => {
    const answers = [
      answer("board", "board"),
      answer("board", "desk"),
      answer("desk", "desk"),
      answer("desk", "desk"),
    ];
    // board: P 1, R 1/2 → 2/3; desk: P 2/3, R 1 → 4/5.
    expect(macroF1(answers)).toBeCloseTo((2 / 3 + 4 / 5) / 2, 10);
    expect(calibrationError(answers)).toBeCloseTo(0.25, 10);
    expect(calibrationError(answers.map((one) => ({ ...one, confidence: 0.75 })))).toBeCloseTo(0, 10);
    expect(correlation([1, 2, 3], [10, 20, 30])).toBeCloseTo(1, 10);
    expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 10);
  });

  it("match each shift once, and only within the tolerance", () => {
    const turn = (time: number, to = "desk" as const) => ({ seat: "1", time, from: "board" as const, to });
    const score = turnScore([turn(10), turn(20)], [turn(10.5), turn(10.9), turn(21.5)], 1);
    expect(score).toMatchObject({ precision: 1 / 3, recall: 1 / 2, f1: 2 / 5, kindRight: 1 });
  });

  it("compare cohorts only with those that differ in the same thing", () => {
    const row = (accuracy: number) => ({ accuracy, answers: 300 });
    const cohorts = {
      "skin: dark": row(0.8),
      "skin: light": row(0.83),
      "rows: back": row(0.6),
      "rows: front": row(0.7),
    };
    const { gap, between } = largestGap(cohorts);
    expect(gap).toBeCloseTo(0.1, 10);
    expect(between).toEqual(["rows: back", "rows: front"]);
  });
});

describe("losing faces", () => {
  it("takes about the share it is told to, the same ones every time, and says that they are missing", () => {
    const seats = Array.from({ length: 30 }, (_, seat) => seat);
    fc.assert(
      fc.property(fc.constantFrom(0, 0.15, 0.3), fc.integer({ min: 1, max: 1000 }), (share, seed) => {
        const [one, other] = [loseFaces(share, seed), loseFaces(share, seed)];
        let kept = 0;
        for (let step = 0; step < 300; step++) {
          const { faces, missing } = one(view(step * 500, seats));
          expect(other(view(step * 500, seats)).faces).toEqual(faces);
          expect(faces.length + missing.length).toBe(30);
          kept += faces.length;
        }
        expect(Math.abs(1 - kept / 9000 - share)).toBeLessThan(0.04);
      }),
      { numRuns: 20 },
    );
  });
});

describe("judging", () => {
  const shares = (of: Partial<TargetShares>): TargetShares => ({
    board: 0,
    desk: 0,
    screen: 0,
    peer: 0,
    away: 0,
    ...of,
  });
  const recording: Recording = {
    kind: "hall",
    cohorts: [{ row: 0, skin: "#ffffff", hair: "bob", glasses: false }],
    sights: Array.from({ length: 120 }, (_, step) => ({
      activity: "lecture" as const,
      view: view(step * 500, [7]),
      truth: [
        {
          target: step < 90 ? ("board" as const) : ("away" as const),
          shift: step === 90 ? { from: "board" as const, to: "away" as const } : null,
        },
      ],
      sitters: [0],
    })),
  };
  const says = (told: (step: number) => Pick<SeatAttention, "targets" | "shift">) => () => ({
    model: "test",
    observe: (seen: View) => ({
      ...{ camera: "c", time: seen.time, roomError: 0, model: "test", engine: seen.engine },
      seats: [{ camera: "c", seat: 7, confidence: 1, ...told(seen.time / 500) }],
    }),
  });

  it("finds nothing wrong with somebody who knows the truth, and everything with who says the opposite", async () => {
    const right = says((step) => ({
      targets: shares(step < 90 ? { board: 1 } : { away: 1 }),
      shift: step === 91 ? { from: "board", to: "away", probability: 1 } : null,
    }));
    expect(await judge([recording], right, 0)).toMatchObject({
      ...{ answers: 60, accuracy: 1, macroF1: 1, focusError: 0, calibrationError: 0 },
      shift: { f1: 1, kindRight: 1, there: 1 },
    });
    const wrong = says((step) => ({ targets: shares(step < 90 ? { away: 1 } : { board: 1 }), shift: null }));
    expect(await judge([recording], wrong, 0)).toMatchObject({
      // One window of the three holds as much of the one as of the other, and there even the opposite is right.
      ...{ accuracy: 0, macroF1: 0, focusError: expect.closeTo(2 / 3, 10), calibrationError: 1 },
      shift: { f1: 0 },
    });
  });
});

describe("the intervals of windows", () => {
  const seats = [0, 1, 2, 3, 4, 5, 6, 7];
  const none = { board: 0, desk: 0, screen: 0, peer: 0, away: 0 };
  /** Half of the class looks at the board, all the time. */
  const half: Recording = {
    kind: "hall",
    cohorts: seats.map(() => ({ row: 0, skin: "#ffffff", hair: "bob", glasses: false })),
    sights: Array.from({ length: 120 }, (_, step) => ({
      activity: "lecture" as const,
      view: view(step * 500, seats),
      truth: seats.map((seat) => ({
        target: seat < 4 ? ("board" as const) : ("away" as const),
        shift: null,
      })),
      sitters: seats,
    })),
  };
  const says = (board: (seat: number) => number, shown = seats) => ({
    model: "test",
    observe: (seen: View) => ({
      ...{ camera: "c", time: seen.time, roomError: 0.05, model: "test", engine: seen.engine },
      seats: shown.map((seat) => ({
        ...{ camera: "c", seat, confidence: 1, shift: null },
        targets: { ...none, board: board(seat), away: 1 - board(seat) },
      })),
    }),
  });

  it("are counted as published: those that hold the truth, and those of windows that say something", async () => {
    const right = await judge([half], () => says((seat) => (seat < 4 ? 1 : 0)), 0);
    expect(right.intervals).toMatchObject({ told: 3, held: 3 });
    expect(right.intervals.meanWidth).toBeGreaterThan(4 * 0.05 * 0.9);
    expect(right.intervals.meanWidth).toBeLessThan(0.7);
    const sure = await judge([half], () => says(() => 0.9), 0);
    expect(sure.intervals).toMatchObject({ told: 3, held: 0 });
    // Four heads are too few to be spoken about.
    const few = await judge([half], () => says(() => 1, seats.slice(0, 4)), 0);
    expect(few.intervals).toMatchObject({ told: 0, held: 0 });
  });
});

describe("rooms by lot", () => {
  it("have nearly everybody in the picture, whatever the kind, and are the same every time", () => {
    fc.assert(
      fc.property(fc.constantFrom(...KINDS), fc.integer({ min: 0, max: 5000 }), (kind, seed) => {
        const room = drawRoom(kind, seed, 1);
        const { sittings } = openWorld(room).at(5);
        // In a narrow room the front corners may fall out of it; nobody is asked about whom the camera does not see.
        const inside = sittings.filter(({ box }) => {
          const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
          return x > 0 && x < 1 && y > 0 && y < 1;
        });
        expect(inside.length / sittings.length).toBeGreaterThanOrEqual(kind === "narrow" ? 0.75 : 0.85);
        expect(drawRoom(kind, seed, 1)).toEqual(room);
      }),
      { numRuns: 60 },
    );
  });
});
