import { reason } from "./errors.ts";
import type { Flow } from "./flow.ts";
import type { Logger } from "./log.ts";
import type { Pause } from "./pause.ts";
import type { Lesson } from "./protect/protect.ts";
import type { Control, GatewayEvent } from "./publish/publish.ts";
import type { Shutter } from "./shutter.ts";
import type { Clock } from "./terms.ts";

/** Does what the teacher, or a flow, tells the gateway over MQTT, and tells everybody that it was done. */
export interface Controls {
  obey(control: Control): Promise<void>;
  /** The button in the room: pauses, or goes on. */
  toggle(): Promise<void>;
  /** The lesson is over: what was said of it is no word about the next, after a restart either. */
  lessonOver(): void;
  close(): Promise<void>;
}

export interface ControlsContext {
  readonly flow: Flow;
  readonly shutter: Shutter;
  /** Writes down that somebody paused, or had it go on. */
  readonly account: (kind: "paused" | "resumed", by: string) => Promise<void>;
  /** Keeps it, so that a gateway that is started again is paused still. */
  readonly keep: (pause: Pause | null) => Promise<void>;
  /** What held when it ended. */
  readonly before: Pause | null;
  /** Keeps what the class is doing, so that a gateway that is started again goes on with it. */
  readonly keepTold: (lesson: Lesson) => Promise<void>;
  readonly tell: (event: GatewayEvent) => void;
  readonly log: Logger;
  readonly clock: Clock;
}

/** How often the clock on the wall is looked at for the end of a pause. */
const LOOK_MS = 2_000;
/** What one class did is no word about the next. */
const UNTOLD: Lesson = { activity: "lecture", lesson: null };

export function followControls({
  flow,
  shutter,
  account,
  keep,
  before,
  keepTold,
  tell,
  log: parentLog,
  clock,
}: ControlsContext): Controls {
  const log = parentLog.child({ part: "controls" });
  /** What was asked for last, from the moment it was. */
  let paused = false;
  /** The pause has no end of its own. */
  let isEndless = false;
  /** Given up by whatever is asked for next. */
  let asking = new AbortController();
  let writing: Promise<unknown> = Promise.resolve();

  /** To disk goes one after the other, in the order in which it was said. */
  function inTurn(write: () => Promise<void>): Promise<void> {
    const written = writing.then(write);
    writing = written.catch(() => {});
    return written;
  }

  const kept = (pause: Pause | null) =>
    keep(pause).catch((error) =>
      log.error({ err: error }, "a restart would not know of the pause, or of its end"),
    );

  async function pause(by: string, minutes?: number): Promise<void> {
    const isNew = !paused;
    // Until somebody says otherwise, which a flow that pauses for a while does not.
    if (!isNew && isEndless && minutes !== undefined) return;
    isEndless = minutes === undefined;
    const { signal } = ask(true);
    const until = minutes === undefined ? null : clock.now() + minutes * 60_000;
    if (until !== null) void resumeAfter(until, signal);
    // Cameras close at once: no disk is waited for.
    const shut = isNew ? shutter.hold("teacher", "it was paused") : undefined;
    shut?.catch(() => {}); // it is thrown where it is waited for
    await inTurn(async () => {
      await kept({ until });
      await shut;
      if (isNew) await account("paused", by);
    }).catch((error) => log.error({ err: error }, "the pause could not be written down"));
    await shut;
    if (!isNew) return;
    log.info("sensing is paused, the cameras are closed");
    tell({ time: clock.now(), kind: "paused", by });
  }

  async function resume(by: string): Promise<void> {
    if (!paused) return;
    const { signal } = ask(false);
    try {
      await inTurn(async () => {
        await account("resumed", by);
        // A power cut now must find the pause that was asked for meanwhile.
        if (!signal.aborted) await kept(null);
      });
    } catch (error) {
      if (!signal.aborted) paused = true;
      throw error;
    }
    // Somebody may have paused again while the disk was busy.
    if (signal.aborted) return;
    await shutter.release("teacher");
    log.info("the pause is over");
    tell({ time: clock.now(), kind: "resumed", by });
  }

  function ask(now: boolean): AbortController {
    paused = now;
    asking.abort();
    asking = new AbortController();
    return asking;
  }

  async function resumeUnless(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await resume("the end of its time").catch((error) =>
      log.error({ err: error }, `cannot go on: ${reason(error)}`),
    );
  }

  /** A pause lasts as long as was said, whatever the clock; where that is set meanwhile, a restart must find the new end. */
  async function resumeAfter(said: number, signal: AbortSignal): Promise<void> {
    const end = clock.elapsed() + said - clock.now();
    let until = said;
    for (let left = end - clock.elapsed(); left > 0 && !signal.aborted; left = end - clock.elapsed()) {
      await clock.sleep(Math.min(left, LOOK_MS), signal);
      const now = clock.now() + end - clock.elapsed();
      if (Math.abs(now - until) < LOOK_MS) continue;
      until = now;
      void inTurn(async () => {
        if (!signal.aborted) await kept({ until: now });
      });
    }
    await resumeUnless(signal);
  }

  /**
   * A pause of before a restart ends by the clock on the wall, which is looked at again and again: on a machine without a
   * battery it stands in another year until it is set.
   */
  async function resumeAt(until: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && clock.now() < until)
      await clock.sleep(Math.min(until - clock.now(), LOOK_MS), signal);
    await resumeUnless(signal);
  }

  function told(lesson: Partial<Lesson>): void {
    flow.tell(lesson);
    void inTurn(() => keepTold(flow.lesson)).catch((error) =>
      log.error({ err: error }, "a restart would not know what the class is doing"),
    );
  }

  if (before) {
    paused = true;
    isEndless = before.until === null;
    void shutter.hold("teacher", "it was paused before the gateway was started");
    if (before.until !== null) void resumeAt(before.until, asking.signal);
  }

  return {
    async obey(control) {
      switch (control.kind) {
        case "activity": {
          const { activity, lesson } = control;
          told(lesson === undefined ? { activity } : { activity, lesson });
          return tell({ time: clock.now(), kind: "activity", activity, lesson: flow.lesson.lesson });
        }
        case "mark":
          return tell({ time: clock.now(), kind: "mark", text: control.text });
        case "pause":
          return control.paused ? pause("message", control.minutes) : resume("message");
        case "notice":
        case "suggestion": {
          const { kind, about, text, source, activity = null } = control;
          return tell({ time: clock.now(), kind, about, text, source, ...(activity && { activity }) });
        }
      }
    },
    toggle: () => (paused ? resume("button") : pause("button")),
    lessonOver: () => told(UNTOLD),
    async close() {
      asking.abort();
      await writing;
    },
  };
}
