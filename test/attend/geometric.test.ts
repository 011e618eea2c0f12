import { describe, expect, it } from "vitest";
import { estimateByGeometry } from "../../gateway/attend/geometric.ts";
import { attendOptions } from "../../gateway/attend/options.ts";
import type { Activity, SeatAttention, SeatedFace, View } from "../../gateway/terms.ts";

const FRAME_MS = 500;

/** Twenty seats across the picture, turned as `pose` says. */
function view(
  frame: number,
  pose: (seat: number) => { yaw: number; pitch: number; eyesOpen?: number | null },
): View {
  const faces: SeatedFace[] = Array.from({ length: 20 }, (_, seat) => ({
    seat,
    box: { x: 0.02 + seat * 0.048, y: 0.5, width: 0.03, height: 0.06 },
    score: 0.95,
    roll: 0,
    eyesOpen: null,
    ...pose(seat),
  }));
  return {
    camera: "front",
    sequence: frame,
    time: frame * FRAME_MS,
    width: 1280,
    height: 720,
    faces,
    missing: [],
    engine: { provider: "cpu", precision: "float32" },
    took: { capture: 0, detect: 0, pose: 0, total: 0 },
  };
}

const open = (options: object = {}) => estimateByGeometry(attendOptions.parse(options), 0);
const most = ({ targets }: SeatAttention) => Object.entries(targets).sort((a, b) => b[1] - a[1])[0]![0];

/** Plays `frames` frames and gives the seats of the last. */
function play(
  attender: ReturnType<typeof open>,
  frames: number,
  pose: Parameters<typeof view>[1],
  from = 0,
  activity: Activity = "lecture",
) {
  let seats: readonly SeatAttention[] = [];
  for (let frame = from; frame < from + frames; frame++)
    seats = attender.observe(view(frame, pose), activity).seats;
  return seats;
}

describe("the geometric estimate", () => {
  it("takes heads turned to the camera beside the board for attention to the board", () => {
    for (const seat of play(open(), 6, () => ({ yaw: 2, pitch: -1 }))) expect(most(seat)).toBe("board");
  });

  it("tells the desk from the screen above it, and either from the board, by the pitch", () => {
    const seats = play(open({ board: { yaw: 0, pitch: 0 } }), 6, (seat) => ({
      yaw: 0,
      pitch: seat < 10 ? -21 : -9,
    }));
    // The outermost seats face ahead, away from the camera's line of sight, so only the middle ones are asked.
    expect(seats.slice(7, 10).map(most)).toEqual(["desk", "desk", "desk"]);
    expect(seats.slice(10, 13).map(most)).toEqual(["screen", "screen", "screen"]);
  });

  it("never says screen where students have none", () => {
    const seats = play(open({ screens: false }), 6, () => ({ yaw: 0, pitch: -16 }));
    for (const { targets } of seats) expect(targets.screen).toBe(0);
  });

  it("takes heads turned sideways for a neighbour, and heads turned far away for away", () => {
    const seats = play(open(), 6, (seat) => (seat % 2 ? { yaw: 48, pitch: -5 } : { yaw: 85, pitch: 20 }));
    expect(most(seats[9]!)).toBe("peer");
    expect(most(seats[10]!)).toBe("away");
  });

  it("learns that the board is to the side of the camera and below it", () => {
    const attender = open();
    const lesson = (seat: number) => (seat % 3 === 0 ? { yaw: 24, pitch: -42 } : { yaw: 24, pitch: -12 });
    const before = play(attender, 4, lesson);
    expect(before.filter((seat) => most(seat) === "board").length).toBeLessThan(14);
    const after = play(attender, 60, lesson, 4);
    expect(
      after
        .filter((_, seat) => seat % 3 !== 0)
        .map(most)
        .every((target) => target === "board"),
    ).toBe(true);
    expect(most(after[9]!)).toBe("desk");
  });

  it("does not take busy desks for the board when hardly anybody looks up", () => {
    const seats = play(open(), 200, (seat) => (seat === 0 ? { yaw: 0, pitch: 0 } : { yaw: 0, pitch: -31 }));
    expect(seats.filter((seat) => most(seat) === "board").length).toBeLessThan(10);
  });

  it("says nothing about a lecture until it knows where the board is", () => {
    const attender = estimateByGeometry(attendOptions.parse({}), 10);
    const first = attender.observe(
      view(0, () => ({ yaw: 20, pitch: -12 })),
      "lecture",
    );
    expect(first.seats).toEqual([]);
    const seats = play(attender, 8, () => ({ yaw: 20, pitch: -12 }), 1);
    expect(seats.map(most).every((target) => target === "board")).toBe(true);
  });

  it("does not wait for the time before to come again when the clock was set back", () => {
    const attender = estimateByGeometry(attendOptions.parse({}), 10);
    const nobodyKnows = (time: number) =>
      attender.observe(
        {
          ...view(time, () => ({ yaw: 20, pitch: -12 })),
          faces: view(time, () => ({ yaw: 20, pitch: -12 })).faces.slice(0, 2),
        },
        "lecture",
      ).seats.length;
    expect(nobodyKnows(3_600_000)).toBe(0);
    expect(nobodyKnows(0)).toBe(0);
    expect(nobodyKnows(11_000)).toBe(2);
  });

  it("does not learn the board from what the class does when it is not a lecture", () => {
    const attender = open();
    play(attender, 200, () => ({ yaw: 0, pitch: -9 }), 0, "seatwork");
    const seats = play(attender, 10, () => ({ yaw: 0, pitch: -9 }), 200, "seatwork");
    expect(most(seats[9]!)).toBe("screen");
  });

  it("takes a doubtful head to do what the rest of the room does", () => {
    const doubtful = (rest: number) => {
      const attender = open({ board: { yaw: 0, pitch: 0 } });
      return play(
        attender,
        60,
        (seat) => ({ yaw: 0, pitch: seat === 10 ? -15.5 : rest }),
        0,
        "seatwork",
      )[10]!;
    };
    expect([most(doubtful(-21)), most(doubtful(-8))]).toEqual(["desk", "screen"]);
  });

  it("reports a shift once, with where it went from and to", () => {
    const attender = open({ board: { yaw: 0, pitch: 0 } });
    play(attender, 20, () => ({ yaw: 0, pitch: 0 }));
    const shifts: string[] = [];
    for (let frame = 20; frame < 40; frame++) {
      const { seats } = attender.observe(
        view(frame, () => ({ yaw: 0, pitch: -32 })),
        "lecture",
      );
      const shift = seats[10]!.shift;
      if (shift) shifts.push(`${shift.from}>${shift.to}`);
    }
    expect(shifts.at(-1)).toMatch(/>desk$/);
    expect(shifts.length).toBeLessThanOrEqual(2);
  });

  it("gives seats that were not found no attention", () => {
    const attention = open().observe(
      { ...view(0, () => ({ yaw: 0, pitch: 0 })), missing: [31, 32] },
      "lecture",
    );
    expect(attention.seats.map(({ seat }) => seat)).toEqual(Array.from({ length: 20 }, (_, seat) => seat));
  });

  it("keeps every distribution summing to one, whatever the angles", () => {
    const attender = open();
    for (let frame = 0; frame < 40; frame++) {
      const { seats } = attender.observe(
        view(frame, (seat) => ({
          yaw: ((frame * 37 + seat * 91) % 360) - 180,
          pitch: ((seat * 53) % 180) - 90,
          eyesOpen: (seat % 5) / 4,
        })),
        "lecture",
      );
      for (const { targets } of seats) {
        expect(Object.values(targets).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 9);
      }
    }
  });
});
