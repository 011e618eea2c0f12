/** Without a window for this long, what went on before is over. */
const SILENCE_MS = 10 * 60_000;
/** Windows in which nobody looked, or in which no class was there, are none: they come all night. */
const NO_CLASS = ["paused", "suppressed"];

/**
 * Cuts a room's windows into stretches of one activity and one lesson each, and adds them up. `hear(window)` takes the
 * payload of `focus` and gives the stretch that it ends, or null; `rest(now)` gives the one that silence has ended;
 * `isOpen()` says whether one goes on.
 *
 * A stretch: `{ activity, lesson, begin, end, minutes, focus, low, high, coverage, unknownMinutes }`; times in
 * milliseconds; `focus`, and the means of its interval's ends, weighed by time, over what was known; null when nothing was.
 */
function cutIntoStretches() {
  let open = null;

  function close() {
    if (open === null) return null;
    const { activity, lesson, begin, end, sums, known, unknown } = open;
    open = null;
    const mean = (sum) => (known > 0 ? Math.round((sum / known) * 10_000) / 10_000 : null);
    return {
      activity,
      lesson,
      begin,
      end,
      minutes: Math.round((end - begin) / 6000) / 10,
      focus: mean(sums.focus),
      low: mean(sums.low),
      high: mean(sums.high),
      coverage: mean(sums.coverage),
      unknownMinutes: Math.round(unknown / 6) / 10,
    };
  }

  return {
    hear(window) {
      const end = Date.parse(window.time);
      const seconds = window.window_s;
      if (Number.isNaN(end) || !(seconds > 0) || (open && end <= open.end)) return null;
      const begin = end - seconds * 1000;
      const { activity, lesson = null } = window;
      const isSame = open && open.activity === activity && open.lesson === lesson;
      if (NO_CLASS.includes(window.quality)) return isSame ? null : close();
      const goesOn = isSame && begin - open.end < SILENCE_MS;
      const ended = goesOn ? null : close();
      open ??= {
        activity,
        lesson,
        begin,
        end: begin,
        sums: { focus: 0, low: 0, high: 0, coverage: 0 },
        known: 0,
        unknown: 0,
      };
      open.unknown += Math.max(0, begin - open.end) / 1000;
      open.end = end;
      if (window.quality === "ok" && window.focus !== null) {
        open.known += seconds;
        for (const name of Object.keys(open.sums))
          open.sums[name] += seconds * (window[name] ?? window.focus);
      } else open.unknown += seconds;
      return ended;
    },
    rest: (now) => (open && now - open.end >= SILENCE_MS ? close() : null),
    isOpen: () => open !== null,
  };
}

module.exports = { cutIntoStretches, SILENCE_MS };
