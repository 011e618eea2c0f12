import { TARGETS, type Target, type Window } from "../terms.ts";
import { noticeClasses } from "./classes.ts";

/** The room as a whole turned from one thing to another. */
export interface RoomShift {
  readonly kind: "attention_shift";
  /** The end of the window in which it showed. */
  readonly time: number;
  readonly from: Target;
  readonly to: Target;
  /** The share of heads that are turned to `to` now. */
  readonly share: number;
}

/** A new target must lead the one before by this much, so that two that are level do not take turns. */
const LEAD = 0.15;
/** It must lead for so many windows in a row. */
const HOLD = 2;

/** Watches the room's windows for what most heads are turned to, each class by itself. Unknown windows are passed over. */
export function watchForShifts(): (window: Window) => RoomShift | null {
  let current: Target | null = null;
  let candidate: Target | null = null;
  let held = 0;
  const isOtherClass = noticeClasses();

  return (window) => {
    const { time, targets, quality } = window;
    if (isOtherClass(window)) {
      current = candidate = null;
      held = 0;
    }
    if (quality !== "ok" || targets === null) return null;
    const leader = TARGETS.reduce((most, target) => (targets[target] > targets[most] ? target : most));
    const from = current;
    if (from === null) {
      current = leader;
      return null;
    }
    const leads = leader !== from && targets[leader] >= targets[from] + LEAD;
    held = !leads ? 0 : leader === candidate ? held + 1 : 1;
    candidate = leads ? leader : null;
    if (held < HOLD) return null;
    current = leader;
    candidate = null;
    held = 0;
    return { kind: "attention_shift", time, from, to: leader, share: targets[leader] };
  };
}
