import { expect, it } from "vitest";
import { longestOf } from "../gateway/status.ts";

it("names who has kept the cameras shut for the longest, and why, in one line that is not too long", () => {
  expect(longestOf(new Map())).toBeNull();
  const both = [
    ["timetable", "there is no lesson"],
    ["teacher", "it was paused"],
  ] as const;
  expect(longestOf(new Map(both))).toBe("timetable: there is no lesson");
  const wrong = `signoff.yaml allows nothing:\n  ${"it is wrong in many ways\n  ".repeat(40)}`;
  const said = longestOf(new Map([["profile", wrong]]))!;
  expect(said).toMatch(/^profile: signoff\.yaml allows nothing: it is wrong/);
  expect(said).not.toContain("\n");
  expect(said.length).toBeLessThanOrEqual(250);
});
