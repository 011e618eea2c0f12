import { readdir } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { lengthOf, parseLesson, readLesson, segmentAt } from "../../../gateway/eye/simulate/lesson.ts";
import { packageRoot } from "../../../gateway/paths.ts";

const script = (lines: string) => `title: A lesson
segments:
  - minutes: 1
    activity: lecture
    mix: { board: 0.8, away: 0.2 }
${lines}`;

function problemsOf(text: string): string {
  try {
    parseLesson(text, "mine.yaml");
  } catch (error) {
    expect(error).toMatchObject({ code: "LESSON_INVALID", exit: 2 });
    return (error as Error).message;
  }
  throw new Error("this lesson should have been refused");
}

describe("a lesson script", () => {
  it("is read with its times in seconds and its gaps filled", () => {
    const lesson = parseLesson(
      script("events:\n  - { at: 0:30, seconds: 5, share: 0.5, to: window }\n"),
      "x",
    );
    expect(lesson.events).toEqual([{ at: 30, seconds: 5, share: 0.5, to: "window" }]);
    expect(lesson.segments[0]).toMatchObject({ screens: "closed", dwell: {} });
    expect(lengthOf(lesson)).toBe(60);
  });

  it("takes plain seconds, too", () => {
    expect(
      parseLesson(script("events:\n  - { at: 12.5, seconds: 5, share: 1, to: door }"), "x").events[0]!.at,
    ).toBe(12.5);
  });

  it.each([
    ["an unknown key", script("homework: lots\n"), /line 6: homework/],
    ["an activity nobody knows", script("").replace("lecture", "karaoke"), /line 4: segments\[0\].activity/],
    [
      "shares that do not sum to 1",
      script("").replace("0.8", "0.5"),
      /line 5: .*the shares sum to 0.7, not to 1/,
    ],
    [
      "screens looked at while they are closed",
      script("").replace("board: 0.8", "screen: 0.8"),
      /line 5: .*nobody can look at a screen/,
    ],
    [
      "an event after the end",
      script("events:\n  - at: 2:00\n    seconds: 5\n    share: 1\n    to: door\n"),
      /line 7: events\[0\].at: the lesson is over by then/,
    ],
    [
      "a time that is none",
      script("events:\n  - { at: half past, seconds: 5, share: 1, to: door }\n"),
      /line 7: events\[0\].at: .*minutes:seconds/,
    ],
    ["a missing title", script("").replace("title: A lesson\n", ""), /title/],
    ["broken YAML", script("events: [\n"), /line \d+: /],
    ["no lesson at all", "just some words\n", /mine\.yaml is not a valid lesson/],
    ["an empty file", "", /title/],
  ])("names the line of %s", (_what, text, message) => {
    expect(problemsOf(text)).toMatch(message);
  });

  it("says where it looked for a lesson that is not there", async () => {
    await expect(readLesson("no-such-lesson")).rejects.toMatchObject({
      code: "INPUT_MISSING",
      message: expect.stringContaining(path.join("lessons", "no-such-lesson.yaml")),
    });
  });

  it("knows the segment of every second, the last one ever after", async () => {
    const lesson = await readLesson("three-activities");
    expect(
      [0, 239, 240, 419.9, 420, 600, 9999].map((time) => segmentAt(lesson, time).segment.activity),
    ).toEqual([...["lecture", "lecture", "seatwork", "seatwork", "exam", "exam", "exam"]]);
  });
});

describe("the lessons that come along", () => {
  it("are all valid", async () => {
    const names = (await readdir(path.join(packageRoot, "lessons"))).map((file) => path.parse(file).name);
    expect(names).toEqual(expect.arrayContaining(["demo", "smoke", "three-activities"]));
    for (const name of names) expect((await readLesson(name)).title).not.toBe("");
  });

  it("hold what tests and reports count on: ten minutes, three activities, two drops", async () => {
    const lesson = await readLesson("three-activities");
    expect(lengthOf(lesson)).toBe(600);
    expect(new Set(lesson.segments.map(({ activity }) => activity)).size).toBe(3);
    expect(lesson.events).toHaveLength(2);
  });
});
