import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { watchForShifts } from "../../gateway/protect/shifts.ts";
import { type Quality, TARGETS, type Target, type TargetShares, type Window } from "../../gateway/terms.ts";

const mostly = (target: Target, share = 0.6): TargetShares =>
  Object.fromEntries(
    TARGETS.map((each) => [each, each === target ? share : (1 - share) / 4]),
  ) as unknown as TargetShares;

/** Plays windows ten seconds apart: what heads are turned to, or the reason why nobody knows. */
function play(given: ReadonlyArray<TargetShares | Quality>) {
  const watch = watchForShifts();
  return given.flatMap((value, index) => {
    const known = typeof value === "object";
    const window = {
      time: index * 10_000,
      windowSeconds: 10,
      lesson: null,
      targets: known ? value : null,
      quality: known ? "ok" : value,
    } as unknown as Window;
    const shift = watch(window);
    return shift ? [`${shift.from} → ${shift.to} @${index}`] : [];
  });
}

const board = mostly("board");
const desk = mostly("desk");

describe("shifts of the room's attention", () => {
  it("are told once, when the new target has led for two windows", () => {
    expect(play([board, board, desk, desk, desk, board, board])).toEqual([
      "board → desk @3",
      "desk → board @6",
    ]);
  });

  it("are not made by one window, by a close lead, or by not seeing the class", () => {
    expect(play([board, desk, board, desk, board])).toEqual([]);
    const level = { board: 0.4, desk: 0.5, screen: 0.05, peer: 0.03, away: 0.02 };
    expect(play([board, level, level, level])).toEqual([]);
    expect(play([board, "no_camera", "paused", "low_coverage", board])).toEqual([]);
    expect(play([board, desk, "paused", desk])).toEqual(["board → desk @3"]);
  });

  it("are not made by another class that comes after minutes in which nobody was there", () => {
    const away = (windows: number) => Array<Quality>(windows).fill("suppressed");
    expect(play([board, board, ...away(30), desk, desk, desk, board, board])).toEqual(["desk → board @36"]);
    expect(play([board, board, ...away(29), desk, desk])).toEqual(["board → desk @32"]);
  });

  it("always go on from where the last one ended", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TARGETS)), (leaders) => {
        const shifts = play(leaders.map((target) => mostly(target))).map((text) => text.split(/ → | @/));
        for (const [index, [from, to]] of shifts.entries()) {
          expect(from).not.toBe(to);
          if (index > 0) expect(from).toBe(shifts[index - 1]![1]);
        }
      }),
    );
  });
});
