import { expect, it } from "vitest";
import { createLogger } from "../gateway/log.ts";
import { followPermissions } from "../gateway/permissions.ts";
import type { Answer } from "../gateway/protect/permission.ts";
import type { Shutter } from "../gateway/shutter.ts";
import type { Clock } from "../gateway/terms.ts";

const over: Answer = { granted: false, by: "timetable", because: "there is no lesson" };
const during = (lesson: string | null): Answer => ({ granted: true, lesson });

/** What the flow is told of the lesson's name while everybody answers like this, one time after the other. */
async function told(answers: readonly Answer[]): Promise<Array<string | null | undefined>> {
  const names: Array<string | null | undefined> = [];
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
    flow: { tell: ({ lesson }) => void names.push(lesson) },
    log: createLogger("silent" as "error", false),
    clock: { now: () => 0, sleep: () => new Promise<void>(setImmediate) } as unknown as Clock,
  });
  await all;
  await following.close();
  return names;
}

it("tells the name of each lesson once, and that it is over when it is", async () => {
  expect(await told([during("Maths"), during("Maths"), over, over, during("Maths")])).toEqual([
    "Maths",
    null,
    "Maths",
  ]);
});

it("leaves the name alone where the timetable gives none, and while it is the profile that says no", async () => {
  expect(await told([during(null), over, during(null)])).toEqual([]);
  const profile: Answer = { granted: false, by: "profile", because: "it has run out" };
  expect(await told([during("Maths"), profile, during("Maths")])).toEqual(["Maths"]);
});
