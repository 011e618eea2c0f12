import type { Window } from "../terms.ts";

/** A room in which no group was seen for so long may hold another class, in seconds. */
const AWAY_SECONDS = 300;

/**
 * Tells of each window whether the class in it may be another one than before: the lesson has another name, or no group was
 * seen for minutes (a break, the timetable, an empty room). What one class does is no measure for the next.
 */
export function noticeClasses(): (window: Window) => boolean {
  let lesson: Window["lesson"] | undefined;
  let away = 0;

  return (window) => {
    const isSeen = window.quality === "ok" || window.quality === "low_coverage";
    const isOther = lesson !== undefined && (window.lesson !== lesson || (isSeen && away >= AWAY_SECONDS));
    lesson = window.lesson;
    away = isSeen ? 0 : away + window.windowSeconds;
    return isOther;
  };
}
