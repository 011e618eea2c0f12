import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { createLogger } from "../gateway/log.ts";
import { followPermissions } from "../gateway/permissions.ts";
import { type Answer, openPermissions, privacyOptions } from "../gateway/protect/permission.ts";
import type { Lesson } from "../gateway/protect/protect.ts";
import type { Shutter } from "../gateway/shutter.ts";
import type { Clock } from "../gateway/terms.ts";
import { temporaryFolder } from "./support/places.ts";

const UNTOLD: Lesson = { activity: "lecture", lesson: null };
const over: Answer = { granted: false, by: "timetable", because: "there is no lesson", isOver: true };
const during = (lesson: string | null, subject = "Maths"): Answer => ({ granted: true, lesson, subject });

/** What the flow is told of the lesson while everybody answers like this, one time after the other. */
async function told(answers: readonly Answer[]): Promise<Partial<Lesson>[]> {
  const lessons: Partial<Lesson>[] = [];
  const left = [...answers];
  let asked: () => void = () => {};
  const all = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const following = await followPermissions({
    permissions: {
      async ask() {
        const next = left.shift();
        if (left.length === 0) asked();
        return next ?? answers.at(-1)!;
      },
    },
    shutter: { async hold() {}, async release() {}, async retry() {} } as unknown as Shutter,
    flow: { tell: (lesson) => void lessons.push(lesson) },
    lessonOver: () => void lessons.push(UNTOLD),
    log: createLogger("silent" as "error", false),
    clock: { now: () => 0, sleep: () => new Promise<void>(setImmediate) } as unknown as Clock,
  });
  await all;
  await following.close();
  return lessons;
}

it("tells the name of each lesson once, and that it is over when it is", async () => {
  expect(await told([during("Maths"), during("Maths"), over, over, during("Maths")])).toEqual([
    { lesson: "Maths" },
    UNTOLD,
    { lesson: "Maths" },
  ]);
});

it("takes what one class did, and the name it was given, for no word about the next, where the timetable gives no names too", async () => {
  expect(await told([during(null), during(null), over, over, during(null)])).toEqual([UNTOLD]);
});

it("takes a lesson for over where the next one, which is another, begins at once, and a double one for one", async () => {
  expect(await told([during(null), during(null), during(null, "Art"), during(null, "Art")])).toEqual([
    UNTOLD,
  ]);
  expect(await told([during("Maths"), during("Art", "Art"), during("Art", "Art")])).toEqual([
    { lesson: "Maths" },
    UNTOLD,
    { lesson: "Art" },
  ]);
});

it("leaves the name alone while it is the profile that says no", async () => {
  const profile: Answer = { granted: false, by: "profile", because: "it has run out", isOver: false };
  expect(await told([during("Maths"), profile, during("Maths")])).toEqual([{ lesson: "Maths" }]);
});

it("takes a timetable that cannot be read for a moment, as while it is replaced, for no lesson's end", async () => {
  const file = path.join(await temporaryFolder(), "plan.ics");
  const lesson = ["BEGIN:VEVENT", "UID:1", "DTSTART:20261124T080000Z", "DURATION:PT45M", "END:VEVENT"];
  const plan = ["BEGIN:VCALENDAR", "VERSION:2.0", ...lesson, "END:VCALENDAR", ""].join("\r\n");
  const permissions = openPermissions(privacyOptions.parse({ timetable: { file } }), {
    site: "s",
    room: "r",
  });
  const asked = async (text: string, hour: number) => {
    await writeFile(file, text);
    return permissions.ask(Date.UTC(2026, 10, 24, hour));
  };
  const [before, meanwhile, after] = [await asked(plan, 8), await asked("", 8), await asked(plan, 8)];
  expect([before, meanwhile, after].map(({ granted }) => granted)).toEqual([true, false, true]);
  expect(await told([before, meanwhile, after])).toEqual([]);
  expect(await told([before, meanwhile, await asked(plan, 9)])).toEqual([UNTOLD]);
});
