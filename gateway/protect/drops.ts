import type { Window } from "../terms.ts";
import { noticeClasses } from "./classes.ts";

/** The class was lost, or came back, as far as the number can tell. */
export interface Turn {
  readonly kind: "focus_drop" | "focus_recovered";
  /** The end of the window in which it showed. */
  readonly time: number;
  readonly focus: number;
  /** What this class's focus had been before. */
  readonly usual: number;
}

/** A drop must leave what is usual by this much, with the whole of its interval outside half of it. */
const DROP = 0.2;
/** Recovered is within this of what was usual: less than a drop, so that the edge does not chatter. */
const BACK = 0.1;
/** A drop or a recovery must hold for so many windows in a row. */
const HOLD = 2;
/** What is usual follows the class with this weight a window, and stands still during a drop. */
const FOLLOW = 0.1;
/** So many windows of an activity before anything is called usual. */
const KNOWN_AFTER = 4;

/**
 * Watches the room's windows for drops and recoveries. What is usual is learnt anew for each class and activity. Unknown
 * windows are passed over: not seeing the class is no drop.
 */
export function watchForDrops(): (window: Window) => Turn | null {
  let activity: Window["activity"] | undefined;
  let usual = 0;
  let known = 0;
  let dropped = false;
  let held = 0;
  const isOtherClass = noticeClasses();

  return (window) => {
    const { time, focus, high, activity: now, quality } = window;
    if (isOtherClass(window) || now !== activity) {
      activity = now;
      usual = known = held = 0;
      dropped = false;
    }
    if (quality !== "ok" || focus === null || high === null) return null;
    known += 1;
    if (known <= KNOWN_AFTER) {
      usual += (focus - usual) / known;
      return null;
    }
    const turned = dropped ? focus >= usual - BACK : focus <= usual - DROP && high <= usual - DROP / 2;
    held = turned ? held + 1 : 0;
    if (!dropped && !turned) usual += FOLLOW * (focus - usual);
    if (held < HOLD) return null;
    held = 0;
    dropped = !dropped;
    return { kind: dropped ? "focus_drop" : "focus_recovered", time, focus, usual };
  };
}
