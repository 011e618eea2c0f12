import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fitHomography, type Landmark } from "../../../gateway/attend/join/homography.ts";
import { joinSeats, type Landmarks } from "../../../gateway/attend/join/join.ts";
import { openProtector, protectOptions } from "../../../gateway/protect/protect.ts";
import type { Attention, View } from "../../../gateway/terms.ts";

/** A camera that looks down on a room: where a place in the room, at the height of heads, shows in its picture. */
interface Stand {
  readonly x: number;
  readonly y: number;
  /** Degrees to the left of straight along +y. */
  readonly turn: number;
}
const FOCAL = 0.9;
const ABOVE = 1.5; // metres above the heads
const TILT = 25; // degrees down

function project({ x, y, turn }: Stand, place: readonly [number, number]) {
  const angle = (turn * Math.PI) / 180;
  const [dx, dy] = [place[0] - x, place[1] - y];
  const right = dx * Math.cos(angle) + dy * Math.sin(angle);
  const ahead = -dx * Math.sin(angle) + dy * Math.cos(angle);
  const tilt = (TILT * Math.PI) / 180;
  const depth = ahead * Math.cos(tilt) + ABOVE * Math.sin(tilt);
  const down = ABOVE * Math.cos(tilt) - ahead * Math.sin(tilt);
  return {
    x: 0.5 + (FOCAL * right) / depth,
    y: 0.5 + (FOCAL * (16 / 9) * down) / depth,
    size: 0.2 / depth,
    depth,
  };
}

const MARKS = [
  [1, 2],
  [5, 2],
  [5.5, 6],
  [0.5, 6],
  [3, 4],
] as const;
const marksOf = (stand: Stand): Landmark[] =>
  MARKS.map((room) => {
    const { x, y } = project(stand, room);
    return { picture: [x, y], room };
  });

const left: Stand = { x: 1, y: -1, turn: -10 };
const right: Stand = { x: 5, y: -1, turn: 12 };
const landmarks: Landmarks = { left: marksOf(left), right: marksOf(right) };
/** Four rows of six, 0.9 m apart. */
const CLASS = Array.from(
  { length: 24 },
  (_, n) => [0.7 + (n % 6) * 0.9, 2 + Math.floor(n / 6) * 1.2] as const,
);

const engine = { provider: "cpu", precision: "int8" } as const;

/** What a camera sees of those heads at a moment; seats are numbered in its own way. */
function seen(camera: "left" | "right", time: number, heads = CLASS): { view: View; attention: Attention } {
  const stand = camera === "left" ? left : right;
  const boxes = heads.flatMap((place, n) => {
    const { x, y, size, depth } = project(stand, place);
    if (depth < 0 || x < 0 || x > 1 || y < 0 || y > 1) return [];
    const seat = camera === "left" ? n + 1 : 100 - n;
    return [{ seat, n, box: { x: x - size / 2, y: y - size, width: size, height: 2 * size } }];
  });
  const pose = { yaw: 0, pitch: 0, roll: 0, score: 1, eyesOpen: 1 };
  const targets = { board: 1, desk: 0, screen: 0, peer: 0, away: 0 };
  return {
    view: {
      ...{ camera, sequence: time, time, width: 1280, height: 720, missing: [], engine },
      faces: boxes.map(({ seat, box }) => ({ ...pose, seat, box })),
      took: { capture: 0, detect: 0, pose: 0, total: 0 },
    },
    attention: {
      ...{ camera, time, roomError: 0, model: "m", engine },
      seats: boxes.map(({ seat }) => ({ camera, seat, targets, confidence: 1, shift: null })),
    },
  };
}

/** Which heads the two cameras together are left with, each as often as it is counted. */
function counted(join: ReturnType<typeof joinSeats>, time: number, heads = CLASS) {
  return (["left", "right"] as const).flatMap((camera) => {
    const { view, attention } = seen(camera, time, heads);
    return join(view, attention).seats.map(({ seat }) => (camera === "left" ? seat - 1 : 100 - seat));
  });
}

describe("a plane fitted to landmarks", () => {
  it("gives back where things are in the room", () => {
    const inRoom = fc.tuple(
      fc.double({ min: 0, max: 6, noNaN: true }),
      fc.double({ min: 1, max: 8, noNaN: true }),
    );
    const plane = fitHomography(marksOf(left))!;
    fc.assert(
      fc.property(inRoom, (place) => {
        const { x, y } = project(left, place);
        const found = plane(x, y);
        expect(Math.hypot(found.x - place[0], found.y - place[1])).toBeLessThan(0.01);
      }),
    );
  });

  it("forgives a tape measure that is a little off", () => {
    const rough = marksOf(left).map(({ picture, room }, n) => ({
      picture: [picture[0]! + (n % 2 ? 0.004 : -0.004), picture[1]!],
      room: [room[0]!, room[1]! + (n % 3 ? 0.03 : -0.03)],
    }));
    const plane = fitHomography(rough)!;
    for (const place of CLASS) {
      const { x, y } = project(left, place);
      const found = plane(x, y);
      expect(Math.hypot(found.x - place[0], found.y - place[1])).toBeLessThan(0.25);
    }
  });

  it("fits, too, where the horizon runs through the corner from which the picture is measured", () => {
    const marks = [
      { picture: [0.4, 0.39], room: [4.4, 5.6] },
      { picture: [0.71, 0.42], room: [6.3, 5.8] },
      { picture: [1, 0.41], room: [7.7, 6.6] },
      { picture: [0.2, 0.28], room: [1.9, 7.5] },
      { picture: [0.69, 0.34], room: [5.9, 7.3] },
      { picture: [0.49, 0.53], room: [5.6, 4.1] },
      { picture: [0.76, 0.73], room: [6.9, 3.2] },
    ] as const;
    const plane = fitHomography(marks)!;
    for (const { picture, room } of marks) {
      const back = plane(picture[0], picture[1]);
      expect(Math.hypot(back.x - room[0], back.y - room[1])).toBeLessThan(0.3);
    }
  });

  it("is none where the landmarks lie in a line, or are too few", () => {
    const line = [0.1, 0.3, 0.5, 0.7].map((x) => ({ picture: [x, x], room: [x * 5, x * 5] }));
    expect(fitHomography(line)).toBeNull();
    expect(fitHomography(marksOf(left).slice(0, 3))).toBeNull();
  });

  it("is none where three of four lie in a line, or two are mixed up", () => {
    const [one, two, three, four] = marksOf(left) as [Landmark, Landmark, Landmark, Landmark, Landmark];
    expect(fitHomography([one, two, three, four])).not.toBeNull();
    const middle = { picture: [0, 0], room: [3, 2] }; // of the first two
    const { x, y } = project(left, [3, 2]);
    // As exact as it is, and as somebody would read it off.
    for (const picture of [
      [x, y],
      [x + 0.01, y - 0.01],
    ])
      expect(fitHomography([one, two, { ...middle, picture }, four])).toBeNull();
    const mixedUp = [{ ...one, room: two.room }, { ...two, room: one.room }, three, four];
    expect(fitHomography(mixedUp)).toBeNull();
  });
});

describe("seats that two cameras see", () => {
  it("are counted once each, and none is lost", () => {
    const both = counted((_, attention) => attention, 0);
    expect(both.length).toBeGreaterThan(35); // they do overlap
    const join = joinSeats(landmarks);
    counted(join, 0);
    for (let time = 500; time < 5000; time += 500) {
      expect(counted(join, time).toSorted((a, b) => a - b)).toEqual(
        [...new Set(both)].toSorted((a, b) => a - b),
      );
    }
  });

  it("are answered for by the other camera once the one loses them", () => {
    const join = joinSeats(landmarks);
    counted(join, 0);
    const { view, attention } = seen("left", 500);
    const before = join(view, attention).seats.length;
    // The right camera sees nobody any more.
    for (let time = 1000; time <= 4500; time += 500) {
      const { view, attention } = seen("right", time, []);
      join(view, attention);
    }
    const after = seen("left", 5000);
    expect(before).toBeLessThan(after.attention.seats.length);
    expect(join(after.view, after.attention).seats).toEqual(after.attention.seats);
  });

  it("are counted once, too, when the clock was set back and a camera has numbered its seats anew", () => {
    const join = joinSeats(landmarks);
    counted(join, 3_600_000);
    const own = seen("left", 0);
    const later = <S extends { readonly seat: number }>(one: S): S => ({ ...one, seat: one.seat + 200 });
    const renumbered = {
      view: { ...own.view, faces: own.view.faces.map(later) },
      attention: { ...own.attention, seats: own.attention.seats.map(later) },
    };
    const right = seen("right", 0);
    const heads = () =>
      join(renumbered.view, renumbered.attention).seats.length +
      join(right.view, right.attention).seats.length;
    heads(); // each has to know first what the other sees
    const all = new Set(counted((_, attention) => attention, 0));
    expect(heads()).toBe(all.size);
  });

  it("are all counted where a camera has no landmarks: nobody knows where it looks", () => {
    const join = joinSeats({ left: landmarks.left, right: undefined });
    expect(counted(join, 0)).toEqual(counted((_, attention) => attention, 0));
  });

  it("make a room of as many heads as there are", () => {
    const protect = openProtector(protectOptions.parse({ expectedHeads: 24 }), {
      model: "m",
      perception: "p",
      engine,
    });
    const join = joinSeats(landmarks);
    const lesson = { activity: "lecture", lesson: null } as const;
    for (let time = 0; time < 10_000; time += 500) {
      for (const camera of ["left", "right"] as const) {
        const { view, attention } = seen(camera, time);
        protect.take(join(view, attention), lesson);
      }
    }
    const { heads, coverage, quality } = protect.close(10_000, lesson);
    expect(quality).toBe("ok");
    expect(heads).toBe(24);
    expect(coverage).toBeCloseTo(1, 1);
  });
});
