import { beforeAll, describe, expect, it } from "vitest";
import { type Inspector, openInspector } from "../../../../gateway/eye/capture/health/inspect.ts";
import { burner } from "../../../../gateway/eye/capture/mask.ts";
import type { Polygon } from "../../../../gateway/eye/capture/polygon.ts";
import type { Frame } from "../../../../gateway/terms.ts";
import { drawRoom, plain, turned } from "../../../support/pictures.ts";

/** A lesson's worth of pictures, each a little different from the others. */
let lesson: Frame[];
let dim: Frame[];
beforeAll(async () => {
  lesson = await Promise.all([20, 200, 400, 900].map((second) => drawRoom({ second })));
  dim = await Promise.all([0.4, 0.2, 0.1].map((brightness) => drawRoom({ brightness, second: 300 })));
}, 60_000);

function inspector(pictures: "filmed" | "drawn" | "played" = "filmed", mask: readonly Polygon[] = []) {
  let at = 0;
  const opened: Inspector = openInspector({ mask, pictures, frozenAfterSeconds: 15 });
  /** Looks at the pictures in turn for so long, one each `step` ms; gives every state it was in, and the last verdict. */
  const watch = (frames: readonly Frame[], seconds: number, step = 500) => {
    const states: string[] = [];
    let looked = 0;
    let last = opened.inspect(frames[0]!, at);
    for (let number = 0; number < (seconds * 1000) / step; number += 1, at += step) {
      last = opened.inspect(frames[number % frames.length]!, at);
      if (last.state !== states.at(-1)) states.push(last.state);
      if (last.usable) looked += 1;
    }
    return { states, looked, last };
  };
  return { watch };
}

/** The picture with the mask burnt into it, as a copy. */
function under(mask: readonly Polygon[]) {
  const burn = burner(mask);
  return (frame: Frame): Frame => {
    const copy = { ...frame, rgb: frame.rgb.slice() };
    burn(copy);
    return copy;
  };
}

describe("the health of a camera", () => {
  it("is good throughout a lesson, by bright and by poor light", () => {
    const { watch } = inspector();
    expect(watch(lesson, 120).states).toEqual(["ok"]);
    expect(watch([...dim.slice(0, 2), lesson[0]!], 60).states).toEqual(["ok"]);
    expect(watch(lesson, 60)).toMatchObject({ states: ["ok"], looked: 120 });
  });

  it("is black, too dark or covered once that has lasted, and its pictures are not looked at meanwhile", () => {
    for (const [state, picture] of [
      ["black", plain(1, 4)],
      ["dark", dim[2]!],
      ["covered", plain(90, 12)],
    ] as const) {
      const { watch } = inspector();
      watch(lesson, 10);
      expect(watch([picture], 10)).toMatchObject({ states: ["ok", state], looked: 0, last: { state } });
      expect(watch(lesson, 10)).toMatchObject({ states: [state, "ok"] });
    }
  });

  it("does not change for somebody who walks past the lens", () => {
    const { watch } = inspector();
    watch(lesson, 10);
    expect(watch([plain(90, 12)], 2)).toMatchObject({ states: ["ok"], looked: 0 });
    expect(watch(lesson, 10)).toMatchObject({ states: ["ok"], looked: 20 });
  });

  it("is frozen when the very same picture comes for too long, and well with the next one", () => {
    const { watch } = inspector();
    expect(watch(lesson, 10).states).toEqual(["ok"]);
    expect(watch([lesson[3]!], 14).states).toEqual(["ok"]);
    const { states, last } = watch([lesson[3]!], 10);
    expect(states).toEqual(["ok", "frozen"]);
    expect(last).toMatchObject({ usable: false, problem: expect.stringContaining("15 s") });
    expect(watch(lesson, 2).states).toEqual(["ok"]);
  });

  it("is never frozen where pictures may stand still: drawn or played", () => {
    expect(inspector("drawn").watch([lesson[0]!], 60).states).toEqual(["ok"]);
    expect(inspector("played").watch([plain(0)], 60).states).toEqual(["ok"]);
  });

  it("is never frozen in the dark, where a sensor may see nothing twice", () => {
    expect(inspector().watch([plain(0)], 60).states).toEqual(["ok", "black"]);
  });

  it.each([
    [20, 0],
    [40, 10],
    [70, 30],
    [300, 100],
  ])(
    "is moved when its picture is shifted by %i and %i of 640 × 360 pixels for long enough",
    async (x, y) => {
      const elsewhere = await Promise.all(lesson.map((frame) => turned(frame, x, y)));
      const { watch } = inspector();
      expect(watch(lesson, 60).states).toEqual(["ok"]);
      const moved = watch(elsewhere, 60);
      expect(moved.states).toEqual(["ok", "moved"]);
      expect(moved.looked).toBe(120); // a warning: it is looked at
      expect(watch(lesson, 60).states).toEqual(["moved", "ok"]);
    },
  );

  it("takes a new place for the usual one after ten minutes", async () => {
    const elsewhere = await Promise.all(lesson.map((frame) => turned(frame, 60, 20)));
    const { watch } = inspector();
    watch(lesson, 30, 5000);
    expect(watch(elsewhere, 660, 5000).states).toEqual(["ok", "moved", "ok"]);
    expect(watch(lesson, 60, 5000).states).toEqual(["ok", "moved"]);
  });

  it("does not look through a moved camera that has a mask, until it is back", async () => {
    const mask: Polygon[] = [
      [
        [0, 0],
        [0.3, 0],
        [0.3, 1],
        [0, 1],
      ],
    ];
    const burnt = under(mask);
    const elsewhere = await Promise.all(lesson.map((frame) => turned(frame, 60, 20)));
    const { watch } = inspector("filmed", mask);
    expect(watch(lesson.map(burnt), 30, 5000).looked).toBe(6);
    const { states, looked, last } = watch(elsewhere.map(burnt), 700, 5000);
    expect(states).toEqual(["ok", "moved"]);
    expect(looked).toBeLessThan(4);
    expect(last).toMatchObject({ usable: false, problem: expect.stringContaining("mask") });
    expect(watch(lesson.map(burnt), 60, 5000).states).toEqual(["moved", "ok"]);
  });

  it("does not count what a mask hides: a room behind a large mask is not dark", () => {
    const mask: Polygon[] = [
      [
        [0, 0],
        [1, 0],
        [1, 0.4],
        [0, 0.4],
      ],
    ];
    const frames = lesson.map(under(mask));
    expect(inspector("filmed", mask).watch(frames, 20)).toMatchObject({ states: ["ok"], looked: 40 });
  });
});
