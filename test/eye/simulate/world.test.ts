import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { behave, stayAt } from "../../../gateway/eye/simulate/behaviour.ts";
import { type Lesson, lengthOf, parseLesson, readLesson } from "../../../gateway/eye/simulate/lesson.ts";
import { targetOf } from "../../../gateway/eye/simulate/looks.ts";
import {
  directionTo,
  layRoom,
  lineOfSight,
  MOST_STUDENTS,
  project,
} from "../../../gateway/eye/simulate/room.ts";
import { bearing, turned, unit } from "../../../gateway/eye/simulate/rotation.ts";
import { openWorld, truthOf, type World } from "../../../gateway/eye/simulate/world.ts";
import { TARGETS, type Target } from "../../../gateway/terms.ts";

const size = { width: 1280, height: 720 };
const open = (lesson: Lesson, more: { students?: number; seed?: number; occlusion?: number } = {}): World =>
  openWorld({ lesson, students: 24, seed: 1, occlusion: 0, ...size, ...more });

const seedOf = fc.nat({ max: 1e6 });
const mixOf = fc
  .tuple(...TARGETS.map(() => fc.nat({ max: 10 })))
  .filter((weights) => weights.some((weight) => weight > 0))
  .map((weights) => {
    const sum = weights.reduce((a, b) => a + b, 0);
    return Object.fromEntries(TARGETS.map((target, i) => [target, weights[i]! / sum])) as Record<
      Target,
      number
    >;
  });

const lessonOf = (mix: Partial<Record<Target, number>>, minutes: number, events = ""): Lesson =>
  parseLesson(
    `{ title: T, segments: [{ minutes: ${minutes}, activity: lecture, screens: open, mix: ${JSON.stringify(mix)} }]${events} }`,
    "test",
  );

describe("the room", () => {
  it("seats any class from 1 to 40, everybody in the picture and nobody on another's lap", () => {
    for (let students = 1; students <= MOST_STUDENTS; students++) {
      const room = layRoom(students);
      expect(room.seats).toHaveLength(students);
      for (const { head } of room.seats) {
        const { x, y } = project(room, head, 16 / 9);
        expect(x).toBeGreaterThan(0.02);
        expect(x).toBeLessThan(0.98);
        expect(y).toBeGreaterThan(0.2);
        expect(y).toBeLessThan(0.75);
        for (const other of room.seats) {
          if (other.head === head) continue;
          expect(Math.hypot(other.head[0] - head[0], other.head[2] - head[2])).toBeGreaterThan(0.6);
        }
      }
    }
  });

  it("seats 24 in four rows of six", () => {
    const { seats, rows } = layRoom(24);
    expect(rows).toBe(4);
    expect(seats.filter(({ row }) => row === 0)).toHaveLength(6);
  });
});

describe("the line of sight", () => {
  const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

  it("is straight ahead for a head that faces the camera, wherever both are", () => {
    const camera = fc.record({ right: number(-2, 2), above: number(1.5, 2.8), pan: number(-20, 20) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), camera, (students, camera) => {
        const room = layRoom(students, { camera });
        for (const { head } of room.seats) {
          const frame = lineOfSight(room, head);
          const [x, y, z] = turned(frame, unit(directionTo(head, room.camera.at)));
          expect(x).toBeCloseTo(0, 9);
          expect(y).toBeCloseTo(0, 9);
          expect(z).toBeCloseTo(1, 9);
        }
      }),
    );
  });

  it("has its right on the picture's right, and its up above", () => {
    const room = layRoom(24, { camera: { right: 1, pan: -10 } });
    for (const { head } of room.seats) {
      const at = project(room, head, 16 / 9);
      const [right, up] = lineOfSight(room, head);
      const moved = (by: typeof right) =>
        project(room, [head[0] + 0.1 * by[0], head[1] + 0.1 * by[1], head[2] - 0.1 * by[2]], 16 / 9);
      expect(moved(right).x).toBeGreaterThan(at.x);
      expect(moved(up).y).toBeLessThan(at.y);
    }
  });
});

describe("how students behave", () => {
  it("leaves no gap in a lesson, and depends on the seed alone", async () => {
    const lesson = await readLesson("three-activities");
    const room = layRoom(6);
    fc.assert(
      fc.property(seedOf, (seed) => {
        const behaviour = behave(lesson, room, seed);
        expect(behave(lesson, room, seed)).toEqual(behaviour);
        for (const stays of behaviour) {
          expect(stays[0]!.start).toBe(0);
          expect(stays.at(-1)!.end).toBe(lengthOf(lesson));
          for (const [index, stay] of stays.entries()) {
            expect(stay.end).toBeGreaterThan(stay.start);
            if (index > 0) expect(stay.start).toBeCloseTo(stays[index - 1]!.end, 9);
          }
        }
      }),
      { numRuns: 20 },
    );
  });

  it("keeps to the mix over a long lesson", () => {
    fc.assert(
      fc.property(mixOf, seedOf, (mix, seed) => {
        const lesson = lessonOf(mix, 90);
        const behaviour = behave(lesson, layRoom(24), seed);
        const spent: Record<string, number> = {};
        for (const { target, start, end } of behaviour.flat())
          spent[target] = (spent[target] ?? 0) + (end - start) / (24 * lengthOf(lesson));
        for (const target of TARGETS) expect(Math.abs((spent[target] ?? 0) - mix[target])).toBeLessThan(0.03);
      }),
      { numRuns: 15 },
    );
  });

  it("lets an event catch exactly its share of the class, at its time and for its length", () => {
    const lesson = lessonOf({ desk: 1 }, 3, ", events: [{ at: 1:00, seconds: 40, share: 0.5, to: window }]");
    const behaviour = behave(lesson, layRoom(24), 5);
    const away = (time: number) =>
      behaviour.filter((stays) => stays[stayAt(stays, time)]!.look === "window").length;
    expect([59, 63, 80, 99.9, 104].map(away)).toEqual([0, 12, 12, 12, 0]);
  });

  it("finds the stay of any moment", () => {
    const [stays] = behave(lessonOf({ board: 0.5, peer: 0.5 }, 5), layRoom(1), 3);
    fc.assert(
      fc.property(fc.double({ min: 0, max: 299.99, noNaN: true }), (time) => {
        const stay = stays![stayAt(stays!, time)]!;
        expect(stay.start).toBeLessThanOrEqual(time);
        expect(stay.end).toBeGreaterThan(time);
      }),
    );
  });
});

describe("the truth", () => {
  it("is the same however one comes to it", async () => {
    const lesson = await readLesson("demo");
    const [forward, straight] = [open(lesson), open(lesson)];
    for (let time = 0; time < 400; time += 13) forward.at(time);
    expect(truthOf(forward.at(412.5, 412))).toEqual(truthOf(straight.at(412.5, 412)));
  });

  it("differs between seeds", async () => {
    const lesson = await readLesson("demo");
    expect(truthOf(open(lesson, { seed: 1 }).at(60))).not.toEqual(truthOf(open(lesson, { seed: 2 }).at(60)));
  });

  it("holds sane values for any class, seed and moment", async () => {
    const lesson = await readLesson("demo");
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), seedOf, fc.nat({ max: 599 }), (students, seed, time) => {
        const { seats } = truthOf(open(lesson, { students, seed, occlusion: 0.3 }).at(time));
        expect(seats.map(({ seat }) => seat)).toEqual([...Array(students).keys()]);
        for (const { box, yaw, pitch, roll, eyesOpen, visible } of seats) {
          expect(Math.abs(yaw)).toBeLessThanOrEqual(90);
          expect(Math.abs(pitch)).toBeLessThan(90);
          expect(Math.abs(roll)).toBeLessThan(60);
          for (const share of [eyesOpen, visible]) {
            expect(share).toBeGreaterThanOrEqual(0);
            expect(share).toBeLessThanOrEqual(1);
          }
          // A face is a little taller than wide, in pixels.
          const shape = (box.height * size.height) / (box.width * size.width);
          expect(shape).toBeGreaterThan(0.8);
          expect(shape).toBeLessThan(1.8);
        }
      }),
      { numRuns: 40 },
    );
  });

  it("turns heads to the side on which their target lies, once they have arrived", () => {
    const lesson = lessonOf({ board: 0.25, desk: 0.2, screen: 0.2, peer: 0.2, away: 0.15 }, 10);
    const world = open(lesson);
    const behaviour = behave(lesson, world.room, 1);
    let looked = 0;
    for (const { seat, head } of world.room.seats) {
      for (const stay of behaviour[seat]!) {
        if (stay.end - stay.start < 1.5) continue;
        const { posture } = world.at(stay.end - 0.05).sittings[seat]!;
        const gaze = bearing(directionTo(head, stay.point));
        expect(posture.look).toBe(stay.look);
        expect(targetOf[posture.look]).toBe(posture.target);
        if (Math.abs(gaze.yaw) > 15) {
          expect(Math.sign(posture.head.yaw)).toBe(Math.sign(gaze.yaw));
          expect(Math.abs(posture.head.yaw)).toBeLessThan(Math.abs(gaze.yaw) + 4);
        }
        if (gaze.pitch < -20) expect(posture.head.pitch).toBeLessThan(-3);
        looked++;
      }
    }
    expect(looked).toBeGreaterThan(500);
  });

  it("shows board, screen and desk at pitches that can be told apart", () => {
    const pitchOf = (target: Target) => {
      const world = open(lessonOf({ [target]: 1 }, 2));
      const pitches = [20, 40, 60, 80].flatMap((time) => world.at(time).sittings.map(({ pitch }) => pitch));
      return pitches.reduce((sum, pitch) => sum + pitch, 0) / pitches.length;
    };
    const [board, screen, desk] = [pitchOf("board"), pitchOf("screen"), pitchOf("desk")];
    expect(board).toBeGreaterThan(-12);
    expect(board - screen).toBeGreaterThan(8);
    expect(screen - desk).toBeGreaterThan(8);
    expect(desk).toBeGreaterThan(-42);
  });

  it("reports each turn once, in the frame in which it began", async () => {
    const lesson = await readLesson("smoke");
    const world = open(lesson);
    const behaviour = behave(lesson, world.room, 1);
    const turns = behaviour.flatMap((stays) =>
      stays.filter((stay, i) => i > 0 && stay.target !== stays[i - 1]!.target),
    );
    let reported = 0;
    for (let time = 0.05; time <= world.seconds; time += 0.05)
      for (const { shift } of truthOf(world.at(time, time - 0.05)).seats) if (shift) reported++;
    expect(Math.abs(reported - turns.length)).toBeLessThanOrEqual(1);
    expect(turns.length).toBeGreaterThan(20);
  });

  it("closes eyes for a blink now and then, and for those who rest", () => {
    const world = open(lessonOf({ board: 0.6, away: 0.4 }, 5));
    let [closed, all, rests] = [0, 0, 0];
    for (let time = 0; time < 300; time += 0.9) {
      for (const { eyesOpen, posture } of world.at(time).sittings) {
        if (posture.look === "rest") {
          rests++;
          expect(eyesOpen).toBeLessThan(0.1);
        } else {
          all++;
          if (eyesOpen < 0.2) closed++;
        }
      }
    }
    expect(rests).toBeGreaterThan(0);
    expect(closed / all).toBeGreaterThan(0.01);
    expect(closed / all).toBeLessThan(0.06);
  });

  it("knows what is hidden: nearly nothing in an open room, more with hands before faces", async () => {
    const lesson = await readLesson("demo");
    const seen = (occlusion: number) => {
      const world = open(lesson, { occlusion });
      const shares = [5, 100, 300].flatMap((time) => world.at(time).sittings.map(({ visible }) => visible));
      return shares.reduce((sum, share) => sum + share, 0) / shares.length;
    };
    expect(seen(0)).toBeGreaterThan(0.93);
    expect(seen(1)).toBeLessThan(seen(0) - 0.2);
  });
});
