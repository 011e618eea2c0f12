/** What is usual follows the class with this weight a window, and stands still while focus is low. */
const FOLLOW = 0.05;
/** So many windows of an activity before anything is called usual. */
const KNOWN_AFTER = 6;
/** Not seeing the class for this long is no part of a drop. */
const GAP_MS = 60_000;
/** A room in which no group was seen for so long may hold another class, as the gateway takes it (protect/classes.ts). */
const AWAY_MS = 5 * 60_000;
/** A window that comes later than this was kept while a broker was away: nobody can act on it any more. */
const LATE_MS = 120_000;
/** In an exam and in a break nobody's attention is anybody's business. */
const LEFT_ALONE = ["exam", "break"];

/**
 * Watches windows for a drop that lasts: focus, with its whole interval, `fall` below what is usual for this class and
 * activity, for `minutes`. It is over when focus has been within half of `fall` for as long as a window (hysteresis), and
 * after having told once, it is quiet for `quietMinutes`, whatever happens.
 *
 * `watch(window, now)` takes the payload of `focus` and the time in milliseconds; it gives null, or
 * `{ kind: "drop" | "recovered", focus, usual, minutes }`.
 */
function watchForLastingDrops({ fall = 0.2, minutes = 2, quietMinutes = 10 } = {}) {
  let activity = null;
  let lesson = null;
  let groupSeen = null;
  let usual = 0;
  let known = 0;
  let lowSince = null;
  let lastSeen = null;
  let told = false;
  let quietUntil = Number.NEGATIVE_INFINITY;

  const forget = () => {
    usual = known = 0;
    lowSince = lastSeen = null;
    told = false;
  };

  return function watch(window, now) {
    const time = Date.parse(window.time);
    if (Number.isNaN(time) || now - time > LATE_MS || (lastSeen !== null && time <= lastSeen)) return null;
    const isAway = groupSeen !== null && time - groupSeen > AWAY_MS;
    if (window.activity !== activity || (window.lesson ?? null) !== lesson || isAway) {
      activity = window.activity;
      lesson = window.lesson ?? null;
      forget();
    }
    if (window.quality === "ok" || window.quality === "low_coverage") groupSeen = time;
    if (LEFT_ALONE.includes(activity) || window.quality !== "ok" || window.focus === null) return null;
    if (lastSeen !== null && time - lastSeen > GAP_MS) lowSince = null;
    lastSeen = time;

    const { focus, high } = window;
    known += 1;
    if (known <= KNOWN_AFTER) {
      usual += (focus - usual) / known;
      return null;
    }
    const isLow = focus <= usual - fall && (high ?? focus) <= usual - fall / 2;
    const isBack = focus >= usual - fall / 2;
    if (isLow) lowSince ??= time - 1000 * (window.window_s ?? 0);
    else if (isBack) {
      lowSince = null;
      usual += FOLLOW * (focus - usual);
    }
    const event = (kind) => ({ kind, focus, usual: Math.round(usual * 10_000) / 10_000, minutes });
    if (told && isBack) {
      told = false;
      return event("recovered");
    }
    if (told || lowSince === null || time - lowSince < minutes * 60_000 || time < quietUntil) return null;
    told = true;
    quietUntil = time + quietMinutes * 60_000;
    return event("drop");
  };
}

module.exports = { watchForLastingDrops };
