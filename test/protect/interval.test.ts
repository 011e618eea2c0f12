import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { randomFrom } from "../../gateway/eye/simulate/random.ts";
import { watchForDrops } from "../../gateway/protect/drops.ts";
import { openProtector, protectOptions } from "../../gateway/protect/protect.ts";
import type { Attention, Window } from "../../gateway/terms.ts";

const SOURCE = { model: "test@00000000", engine: { provider: "cpu", precision: "float32" } } as const;
const PERCEPTION = "eyes@00000000";
const LECTURE = { activity: "lecture", lesson: null } as const;
/** What the network's whole rooms were off by, and the geometric estimate's. */
const ROOM_ERRORS = [0.074, 0.17];
const MOMENTS = 20;

interface Class {
  /** For each moment of the window: how likely each head in sight is turned to the board. */
  readonly moments: ReadonlyArray<readonly number[]>;
  readonly roomError: number;
  readonly expectedHeads?: number;
  /** What a head is called at a moment. */
  readonly seatOf?: (head: number, moment: number) => number;
}

function windowOf({ moments, roomError, expectedHeads, seatOf = (head) => head }: Class): Window {
  const options = protectOptions.parse({ minimumCoverage: 0, ...(expectedHeads ? { expectedHeads } : {}) });
  const protector = openProtector(options, { ...SOURCE, perception: PERCEPTION });
  for (const [index, heads] of moments.entries()) {
    const attention: Attention = {
      ...{ camera: "front", time: (index * 10_000) / moments.length, roomError, ...SOURCE },
      seats: heads.map((p, head) => ({
        camera: "front",
        seat: seatOf(head, index),
        targets: { board: p, desk: 0, screen: 0, peer: 0, away: 1 - p },
        confidence: Math.max(p, 1 - p),
        shift: null,
      })),
    };
    protector.take(attention, LECTURE);
  }
  return protector.close(10_000, LECTURE);
}

const steady = (heads: readonly number[]) => Array.from({ length: MOMENTS }, () => heads);
const probability = () => fc.double({ min: 0, max: 1, noNaN: true });

describe("the interval of focus", () => {
  it("never falls at either end when the class attends more", () => {
    const level = fc.oneof(probability(), fc.double({ min: 0, max: 0.1, noNaN: true }));
    fc.assert(
      fc.property(
        fc.integer({ min: 5, max: 30 }),
        fc.tuple(level, level),
        fc.constantFrom(...ROOM_ERRORS),
        fc.constantFrom(undefined, 40),
        fc.boolean(),
        (heads, levels, roomError, expectedHeads, mirrored) => {
          const about = { roomError, ...(expectedHeads ? { expectedHeads } : {}) };
          const [less, more] = levels
            .map((one) => (mirrored ? 1 - one : one))
            .sort((a, b) => a - b)
            .map((p) => windowOf({ ...about, moments: steady(Array<number>(heads).fill(p)) }));
          expect(more!.low!).toBeGreaterThanOrEqual(less!.low! - 1e-9);
          expect(more!.high!).toBeGreaterThanOrEqual(less!.high! - 1e-9);
        },
      ),
    );
  });

  it("is no narrower for heads that were given new numbers, or were lost sight of for a moment and found again", () => {
    fc.assert(
      fc.property(
        fc.array(probability(), { minLength: 5, maxLength: 30 }),
        fc.integer({ min: 1, max: MOMENTS }),
        (heads, every) => {
          const about = { moments: steady(heads), roomError: 0, expectedHeads: 40 };
          const renumbered = windowOf({
            ...about,
            seatOf: (head, moment) => head + 100 * Math.floor(moment / every),
          });
          const { focus, low, high } = windowOf(about);
          expect(renumbered.focus).toBeCloseTo(focus!, 9);
          expect(renumbered.low).toBeCloseTo(low!, 9);
          expect(renumbered.high).toBeCloseTo(high!, 9);
        },
      ),
    );
  });

  it("has a class that is lost altogether told as a drop, as one that is half lost is", () => {
    for (const [roomError, before] of [
      [0.074, 0.6],
      [0.17, 0.8],
    ] as const) {
      for (const after of [before - 0.5, 0.02, 0]) {
        const watch = watchForDrops();
        const levels = [...Array<number>(8).fill(before), after, after, after];
        const told = levels.flatMap((level, index) => {
          const window = windowOf({ roomError, moments: steady(Array<number>(20).fill(level)) });
          return watch({ ...window, time: index * 10_000 } as Window)?.kind ?? [];
        });
        expect(told, `from ${before} to ${after}, all heads off by ${roomError}`).toEqual(["focus_drop"]);
      }
    }
  });

  /** Draws a class as the interval takes it to be, and tells how often its truth lies in it, and how wide that is. */
  function drawn(level: number, roomError: number, { heads = 24, seen = 16, times = 400 } = {}) {
    const random = randomFrom(Math.round(level * 1000), roomError * 1000);
    let [held, width] = [0, 0];
    for (let time = 0; time < times; time += 1) {
      const normal = Math.sqrt(-2 * Math.log(random() || 1e-9)) * Math.cos(2 * Math.PI * random());
      const off = roomError * normal;
      const [truth, said]: [number[], number[][]] = [[], []];
      for (let head = 0; head < heads; head += 1) {
        // Two stretches of five seconds, in each of which a head is turned to one thing.
        const chances = [0, 1].map(() => {
          const leans = random() < level;
          return leans ? 1 - 0.3 * random() * (1 - level) : 0.3 * random() * level;
        });
        truth.push(...chances.map((p) => (random() < p ? 1 : 0)));
        said.push(chances.map((p) => Math.min(1, Math.max(0, p + off))));
      }
      const moments = Array.from({ length: MOMENTS }, (_, moment) =>
        said.slice(0, seen).map((chances) => chances[moment < MOMENTS / 2 ? 0 : 1]!),
      );
      const { low, high } = windowOf({ moments, roomError, expectedHeads: heads });
      const share = truth.reduce((sum, one) => sum + one, 0) / truth.length;
      held += Number(low! <= share && share <= high!);
      width += high! - low!;
    }
    return { held: held / times, width: width / times };
  }

  it.each([0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98])(
    "holds the truth of nineteen drawn classes in twenty, and is nowhere wider than in the middle: where focus is %d",
    (level) => {
      for (const roomError of ROOM_ERRORS) {
        const { held, width } = drawn(level, roomError);
        expect(held, `off by ${roomError}`).toBeGreaterThan(0.95);
        expect(width).toBeLessThanOrEqual(drawn(0.5, roomError).width);
      }
    },
  );
});
