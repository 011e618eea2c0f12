import type { Attender } from "./attend/attend.ts";
import type { Logger } from "./log.ts";
import type { Lesson, Protector } from "./protect/protect.ts";
import type { Clock, View, Window } from "./terms.ts";

/**
 *  pixels                    numbers about seats        numbers about the room         words
 * ┌───────────── eye ─────────────┐
 *  capture ──Frame──▶ perceive ──View──▶ attend ──Attention──▶ protect ──Window──▶ publish ──Message──▶ record ──▶ show
 *                                          ▲                                        ▲
 *  sense ──────────────Reading─────────────┴────────────────────────────────────────┘
 *
 * The eye is a process of its own and hands in views; publish and everything after it is handed windows.
 */
export interface Flow {
  /** A view from the eye. */
  see(view: View): void;
  /** The teacher's (or a flow's) word on what is going on. */
  tell(lesson: Partial<Lesson>): void;
  /** What was last told. */
  readonly lesson: Lesson;
  /** Whether a scripted lesson has the windows open. */
  readonly airing: boolean;
  pause(paused: boolean): void;
  close(): Promise<void>;
}

export interface Steps {
  readonly attend: Attender;
  readonly protect: Protector;
  /** The room's window, or that of a zone in it. */
  readonly publish: (window: Window, zone?: string) => void;
}

/** Joins the steps, and closes a window at every whole multiple of `windowSeconds`. */
export function startFlow(
  { attend, protect, publish }: Steps,
  windowSeconds: number,
  { log, clock }: { readonly log: Logger; readonly clock: Clock },
): Flow {
  const stopping = new AbortController();
  let lesson: Lesson = { activity: "lecture", lesson: null };
  let script: View["cue"];
  /** Views are answered one after the other, in the order in which they came. */
  let answered: Promise<void> = Promise.resolve();

  const closing = (async () => {
    let end = nextEnd(clock.now(), windowSeconds);
    for (;;) {
      await clock.sleep(end - clock.now(), stopping.signal);
      if (stopping.signal.aborted) return;
      // Read once: had it ticked on between two looks at it, a window would be left out.
      const now = clock.now();
      if (now >= end) {
        for (const { zone, window } of protect.closeZones(end, lesson)) publish(window, zone);
        publish(protect.close(end, lesson));
      }
      // Also where the timer fired a little early (the same window again), or the clock was set back meanwhile.
      end = nextEnd(now, windowSeconds);
    }
  })();

  return {
    see(view) {
      // A scripted lesson stands in for the teacher, who has the last word until the script moves on.
      if (view.cue && (view.cue.activity !== script?.activity || view.cue.lesson !== script?.lesson)) {
        lesson = view.cue;
      }
      script = view.cue ?? script;
      const told = lesson;
      answered = answered
        .then(async () => protect.take(await attend.observe(view, told.activity), told, view.faces))
        .catch((error) => log.error({ err: error }, "a view could not be used"));
    },
    tell(told) {
      lesson = { ...lesson, ...told };
    },
    get lesson() {
      return lesson;
    },
    get airing() {
      return script?.airing ?? false;
    },
    pause: (paused) => protect.pause(paused),
    async close() {
      stopping.abort();
      await closing;
      await answered;
    },
  };
}

/** The end of the window that holds `now`: the next whole multiple of its length since the epoch. */
export function nextEnd(now: number, windowSeconds: number): number {
  const length = windowSeconds * 1000;
  return (Math.floor(now / length) + 1) * length;
}
