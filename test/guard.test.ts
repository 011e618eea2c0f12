import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import type { Flow } from "../gateway/flow.ts";
import { openGuard } from "../gateway/guard.ts";
import { createLogger } from "../gateway/log.ts";
import { privacyOptions } from "../gateway/protect/permission.ts";
import type { Lesson } from "../gateway/protect/protect.ts";
import type { Clock } from "../gateway/terms.ts";
import { temporaryFolder } from "./support/places.ts";
import { until } from "./support/programs.ts";

/** Two lessons with a break between them, on Tuesday 24 November 2026, UTC. */
const plan = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//school//plan//EN
${["080000", "090000"]
  .map(
    (start) => `BEGIN:VEVENT
UID:${start}@school
DTSTAMP:20260901T000000Z
DTSTART:20261124T${start}Z
DURATION:PT45M
END:VEVENT`,
  )
  .join("\n")}
END:VCALENDAR
`;
const at = (hour: number, minute: number) => Date.UTC(2026, 10, 24, hour, minute);

it("takes what one class did for no word about the next after a restart either", async () => {
  const dataFolder = await temporaryFolder();
  const file = path.join(dataFolder, "plan.ics");
  await writeFile(file, plan);
  const log = createLogger("silent" as "error", false);
  let now = at(8, 10);
  const clock: Clock = {
    now: () => now,
    elapsed: () => now,
    sleep: () => new Promise((resolve) => setTimeout(resolve, 5)),
  };
  /** A gateway's guard, from its start on, and what its flow knows of the lesson. */
  async function start() {
    let lesson: Lesson = { activity: "lecture", lesson: null };
    const flow = {
      tell(told: Partial<Lesson>) {
        lesson = { ...lesson, ...told };
      },
      get lesson() {
        return lesson;
      },
      pause() {},
    } as unknown as Flow;
    const privacy = privacyOptions.parse({ timetable: { file } });
    const guard = await openGuard(
      { privacy, site: "s", room: "r", dataFolder },
      { flow, account: async () => {}, tell() {} },
      { log, clock },
    );
    return { guard, flow };
  }
  const exam = { activity: "exam", lesson: "Maths" } as const;

  const first = await start();
  await first.guard.obey({ kind: "activity", ...exam });
  await first.guard.close();
  const again = await start();
  expect(again.flow.lesson, "the lesson goes on").toEqual(exam);
  now = at(8, 50);
  await until(() => again.flow.lesson.activity === "lecture" || undefined, 5, "the lesson's end");
  await again.guard.close();
  now = at(9, 10);
  const next = await start();
  expect(next.flow.lesson).toEqual({ activity: "lecture", lesson: null });
  await next.guard.obey({ kind: "activity", ...exam });
  await next.guard.close();
  // It is away when that one ends.
  now = at(9, 50);
  const late = await start();
  await late.guard.close();
  expect(late.flow.lesson).toEqual({ activity: "lecture", lesson: null });
});
