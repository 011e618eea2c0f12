import { repeat } from "./clock.ts";
import { reason } from "./errors.ts";
import type { Flow } from "./flow.ts";
import type { Logger } from "./log.ts";
import type { Granted, Permissions } from "./protect/protect.ts";
import type { Shutter } from "./shutter.ts";
import type { Clock } from "./terms.ts";

/** How often everybody is asked again: a lesson's end closes the cameras this much late at most. */
const ASK_SECONDS = 2;
const NO_LESSON = { lesson: null, subject: null };

export interface PermissionsContext {
  readonly permissions: Pick<Permissions, "ask">;
  readonly shutter: Shutter;
  readonly flow: Pick<Flow, "tell">;
  readonly lessonOver: () => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/**
 * Holds the shutter whenever the profile or the timetable says no, tells the flow the lesson's name where the timetable
 * may, and says when the lesson is over. Resolves when they have been asked for the first time, so that no camera opens
 * before that.
 */
export async function followPermissions({
  permissions,
  shutter,
  flow,
  lessonOver,
  log,
  clock,
}: PermissionsContext): Promise<{ close(): Promise<void> }> {
  let last: Pick<Granted, "lesson" | "subject"> = NO_LESSON;
  let over = false;
  let said = "";
  let failed = "";

  async function ask(): Promise<void> {
    const answer = await permissions.ask(clock.now());
    const refused = answer.granted ? null : answer;
    const now = refused?.because ?? "the cameras may open";
    if (now !== said) log.info(now);
    said = now;
    try {
      // Whoever says no holds before whoever says yes lets go.
      if (refused) await shutter.hold(refused.by, refused.because);
      for (const who of ["profile", "timetable"] as const) {
        if (who !== refused?.by) await shutter.release(who);
      }
      await shutter.retry();
      failed = "";
    } catch (error) {
      if (reason(error) !== failed) log.error({ err: error }, "the cameras stay shut");
      failed = reason(error);
    }
    const isOver = !answer.granted && answer.isOver;
    const next = answer.granted ? answer : isOver ? NO_LESSON : last;
    // Where no break is between two lessons, it is the name that tells them apart.
    const isDone = isOver ? !over : last.subject !== null && next.subject !== last.subject;
    if (isDone) lessonOver();
    if (next.lesson !== (isDone ? null : last.lesson)) flow.tell({ lesson: next.lesson });
    last = next;
    over = isOver;
  }

  await ask();
  return repeat(ASK_SECONDS, clock, ask);
}
