import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { readWords } from "../../gateway/show/nodered/page.ts";
import {
  type Counts,
  type Explained,
  type WhyWords,
  whyOf as whyIn,
} from "../../gateway/show/nodered/why.ts";

const { en, zh } = await readWords(path.join(packageRoot, "flows", "live"));
const whyOf = (window: Explained, counts: Counts) => whyIn(window, counts, en!.why as unknown as WhyWords);
const counts = protectOptions.parse({}).focusTargets;
const window: Explained = {
  ...{ focus: 0.7235, low: 0.61, high: 0.8124, heads: 23, expected: 24, activity: "lecture" },
  targets: { board: 0.5, desk: 0.2235, screen: 0, peer: 0.2, away: 0.0765 },
};

describe("why the focus number is what it is", () => {
  it("is told in plain words, from what the window says of the room", () => {
    expect(whyOf(window, counts)).toEqual([
      "In a lecture, heads turned to the board or the desk count: 50 % to the board, 22 % to the desk.",
      "The others: 20 % to a neighbour, 8 % to something else.",
      "It may be anything from 61 % to 81 %, because 1 of 24 heads could not be seen and how a head is turned does not tell all.",
      "It says where heads are turned, not who listens or understands.",
    ]);
  });

  it("follows what the config counts, and says when the number is too unsure", () => {
    const exam = whyOf({ ...window, activity: "exam", low: 0.2, high: 0.9, expected: null }, counts);
    expect(exam[0]).toBe("In an exam, heads turned to the desk count: 22 % to the desk.");
    expect(exam).toContain("That is too wide to act on.");
    expect(exam.join(" ")).not.toContain("could not be seen");
    const own = whyOf(window, { ...counts, lecture: ["board"] });
    expect(own[0]).toContain("turned to the board count");
  });

  it("is told in Chinese as well", () => {
    const [first, ...more] = whyIn(window, counts, zh!.why as unknown as WhyWords);
    expect(first).toBe("讲授时，朝向黑板或课桌的算作专注：黑板 50 %、课桌 22 %。");
    expect(more.join("")).not.toMatch(/[{}]|undefined/);
  });

  it("says nothing where there is no number, or nothing counts", () => {
    expect(whyOf({ ...window, focus: null }, counts)).toEqual([]);
    expect(whyOf({ ...window, targets: null }, counts)).toEqual([]);
    expect(whyOf({ ...window, activity: "break" }, counts)).toEqual([]);
  });
});
