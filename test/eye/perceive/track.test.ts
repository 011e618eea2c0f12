import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { overlap, strongest } from "../../../gateway/eye/perceive/boxes.ts";
import { createSeats } from "../../../gateway/eye/perceive/track.ts";
import type { Face } from "../../../gateway/terms.ts";

const face = (x: number, y: number, size = 0.05): Face => ({
  box: { x, y, width: size, height: size },
  score: 0.9,
  yaw: 0,
  pitch: 0,
  roll: 0,
  eyesOpen: null,
});

/** A class on a grid, heads two widths apart. */
const classroom = (count: number) =>
  Array.from({ length: count }, (_, i) => face(0.05 + (i % 6) * 0.15, 0.05 + Math.floor(i / 6) * 0.15));

const options = { forgetAfterSeconds: 20 };
const numbers = (seating: { faces: readonly { seat: number }[] }) => seating.faces.map(({ seat }) => seat);

describe("seats", () => {
  it("survive heads that sway and frames that miss them", () => {
    const seats = createSeats(options);
    const heads = classroom(24);
    const first = numbers(seats.seat(heads, 0));
    for (let frame = 1; frame < 60; frame++) {
      const swayed = heads.map(({ box }, i) =>
        face(box.x + 0.01 * Math.sin(frame + i), box.y + 0.008 * Math.cos(frame * i)),
      );
      const seen = swayed.filter((_, i) => frame < 3 || (frame + i) % 5 !== 0);
      const seating = seats.seat(seen, frame * 200);
      const expected = first.filter((_, i) => frame < 3 || (frame + i) % 5 !== 0);
      expect(numbers(seating)).toEqual(expected);
      expect([...numbers(seating), ...seating.missing].sort((a, b) => a - b)).toEqual(first);
    }
  });

  it("are missed when they empty, and forgotten in the end", () => {
    const seats = createSeats(options);
    for (const time of [0, 100, 200]) seats.seat([face(0.1, 0.1), face(0.5, 0.5)], time);
    expect(seats.seat([face(0.5, 0.5)], 300).missing).toEqual([1]);
    expect(seats.seat([face(0.5, 0.5)], 20_100).missing).toEqual([1]);
    expect(seats.seat([face(0.5, 0.5)], 20_300).missing).toEqual([]);
    expect(numbers(seats.seat([face(0.1, 0.1), face(0.5, 0.5)], 20_400))).toEqual([3, 2]);
  });

  it("that stand empty are forgotten when the clock is set back, and not missed until that time comes again", () => {
    const seats = createSeats(options);
    const hour = 3_600_000;
    for (const time of [0, 100, 200]) seats.seat([face(0.1, 0.1), face(0.5, 0.5)], hour + time);
    expect(seats.seat([face(0.5, 0.5)], 1_000).missing).toEqual([]);
  });

  it("are not missed when what was seen once was no face", () => {
    const seats = createSeats(options);
    for (const time of [0, 100, 200]) seats.seat([face(0.1, 0.1)], time);
    seats.seat([face(0.1, 0.1), face(0.8, 0.8)], 300);
    expect(seats.seat([face(0.1, 0.1)], 400).missing).toEqual([]);
  });

  it("stay with their places when two neighbours lean towards each other", () => {
    const seats = createSeats(options);
    seats.seat([face(0.4, 0.5), face(0.5, 0.5)], 0);
    expect(numbers(seats.seat([face(0.46, 0.5), face(0.425, 0.5)], 100))).toEqual([2, 1]);
  });

  const frames = fc.array(
    fc.array(
      fc.tuple(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 0.3, noNaN: true }),
      ),
      { maxLength: 8 },
    ),
    { maxLength: 25 },
  );

  it("hold one face each, are never numbered twice, and are present or missing but not both", () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 1, max: 40_000 }), (film, interval) => {
        const seats = createSeats({ forgetAfterSeconds: 5 });
        const gone = new Set<number>();
        let before = new Set<number>();
        let highest = 0;
        film.forEach((places, frame) => {
          const heads = places.map(([x, y, size]) => face(x, y, size));
          const { faces, missing } = seats.seat(heads, frame * interval);
          expect(faces.map(({ seat: _, ...rest }) => rest)).toEqual(heads);
          const here = numbers({ faces });
          const known = new Set([...here, ...missing]);
          expect(known.size).toBe(here.length + missing.length);
          for (const seat of here) {
            if (!before.has(seat) && seat > highest) highest = seat;
            expect(gone.has(seat)).toBe(false);
          }
          for (const seat of missing) expect(seat).toBeLessThanOrEqual(highest);
          // With nobody in between for longer than a seat is remembered, every number is new.
          if (interval > 5_000) for (const seat of before) gone.add(seat);
          before = known;
        });
      }),
    );
  });

  it("do not depend on the order in which faces were found", () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(classroom(12), { minLength: 12 }), (shuffled) => {
        const seats = createSeats(options);
        const first = seats.seat(classroom(12), 0);
        const seatAt = new Map(first.faces.map(({ box, seat }) => [`${box.x} ${box.y}`, seat]));
        for (const { box, seat } of seats.seat(shuffled, 100).faces) {
          expect(seat).toBe(seatAt.get(`${box.x} ${box.y}`));
        }
      }),
    );
  });
});

describe("boxes", () => {
  const box = fc.record({
    x: fc.double({ min: 0, max: 1, noNaN: true }),
    y: fc.double({ min: 0, max: 1, noNaN: true }),
    width: fc.double({ min: 0, max: 1, noNaN: true }),
    height: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  it("overlap alike both ways, from 0 to 1", () => {
    fc.assert(
      fc.property(box, box, (a, b) => {
        expect(overlap(a, b)).toBeCloseTo(overlap(b, a), 9);
        expect(overlap(a, b)).toBeGreaterThanOrEqual(0);
        expect(overlap(a, b)).toBeLessThanOrEqual(1 + 1e-9);
      }),
    );
  });

  it("are thinned to those that differ, the surest first, and every other is covered by a surer one", () => {
    const scored = fc.array(fc.record({ box, score: fc.double({ min: 0, max: 1, noNaN: true }) }), {
      maxLength: 20,
    });
    fc.assert(
      fc.property(scored, (candidates) => {
        const kept = strongest(candidates, 0.4);
        kept.forEach((one, i) => {
          for (const other of kept.slice(i + 1)) {
            expect(overlap(one.box, other.box)).toBeLessThanOrEqual(0.4);
            expect(one.score).toBeGreaterThanOrEqual(other.score);
          }
        });
        for (const candidate of candidates) {
          const covered = kept.some(
            (k) => k === candidate || (k.score >= candidate.score && overlap(k.box, candidate.box) > 0.4),
          );
          expect(covered).toBe(true);
        }
      }),
    );
  });
});
