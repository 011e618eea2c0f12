import { describe, expect, it } from "vitest";
import { watchForDrops } from "../../gateway/protect/drops.ts";
import type { Activity, Quality, Window } from "../../gateway/terms.ts";

type Given = number | Quality;

/** Plays windows ten seconds apart: a focus, or the reason why there is none. */
function play(
  given: readonly Given[],
  activity: Activity = "lecture",
  watch = watchForDrops(),
  lesson: string | null = null,
) {
  return given.flatMap((value, index) => {
    const focus = typeof value === "number" ? value : null;
    const window = {
      time: index * 10_000,
      windowSeconds: 10,
      activity,
      lesson,
      focus,
      low: focus === null ? null : focus - 0.07,
      high: focus === null ? null : focus + 0.07,
      quality: focus === null ? value : "ok",
    } as unknown as Window;
    const turn = watch(window);
    return turn ? [`${turn.kind}@${index}`] : [];
  });
}

const usual = Array<number>(8).fill(0.8);

describe("drops of focus", () => {
  it("are told once, when they have held for two windows, and so is the recovery", () => {
    expect(play([...usual, 0.4, 0.4, 0.4, 0.4, 0.78, 0.8, 0.8])).toEqual([
      "focus_drop@9",
      "focus_recovered@13",
    ]);
  });

  it("are not made by one bad window, by a slow drift, or by a wide interval's edge", () => {
    expect(play([...usual, 0.4, 0.8, 0.8, 0.4, 0.8])).toEqual([]);
    expect(play([...usual, ...Array.from({ length: 60 }, (_, i) => 0.8 - i * 0.005)])).toEqual([]);
    expect(play([...usual, 0.68, 0.67, 0.68, 0.69])).toEqual([]);
  });

  it("are never made by not seeing the class", () => {
    expect(play([...usual, "no_camera", "no_camera", "low_coverage", "paused", "suppressed", 0.8])).toEqual(
      [],
    );
  });

  it("are not made, nor recovered from, by another class: after minutes in which nobody was there, or under another name", () => {
    const gone = (windows: number, quality: Quality) => Array<Quality>(windows).fill(quality);
    const less = Array<number>(8).fill(0.4);
    for (const quality of ["paused", "suppressed", "no_camera"] as const)
      expect(play([...usual, ...gone(30, quality), ...less])).toEqual([]);
    expect(play([...usual, ...gone(29, "paused"), 0.4, 0.4])).toEqual(["focus_drop@38"]);
    expect(play([...usual, ...gone(60, "low_coverage"), 0.4, 0.4]), "it was there").toHaveLength(1);
    expect(play([...usual, 0.4, 0.4, ...gone(30, "paused"), ...usual])).toEqual(["focus_drop@9"]);
    const watch = watchForDrops();
    play(usual, "lecture", watch, "Maths");
    expect(play(less, "lecture", watch, "Art")).toEqual([]);
  });

  it("are not told before it is known what is usual, nor because the activity changed", () => {
    expect(play([0.9, 0.2, 0.2, 0.2])).toEqual([]);
    const watch = watchForDrops();
    play(usual, "lecture", watch);
    expect(play([0.4, 0.4, 0.4, 0.4, 0.4], "group", watch)).toEqual([]);
  });
});
