/** The air is good again this far below the limit: less would chatter at the edge. */
const BACK_PPM = 150;
/** A class that is not seen for this long has had its break. */
const AWAY_MS = 5 * 60_000;
const LATE_MS = 120_000;

/**
 * Suggests airing when CO₂ stays above `ppm` for `minutes`, and a break after `onTaskMinutes` without one; each at most
 * every `quietMinutes`, and nothing during an exam or a break. CO₂ says how stale the air is, which is a matter of comfort;
 * what it does to attention is not settled (docs/flows.md).
 *
 * `hearWindow(window, now)` takes the payload of `focus`, `hearAir(ppm, time, now, device)` a reading; times in milliseconds.
 * A meter by an open window does not speak for the one at the back: each counts by itself. Both give null or `{ about: "air" | "rest", text, activity? }`.
 */
function watchAirAndTime({ ppm = 1000, minutes = 3, onTaskMinutes = 40, quietMinutes = 20 } = {}) {
  let activity = null;
  const staleSince = new Map();
  let onTaskSince = null;
  let lastSeen = null;
  const quietUntil = { air: Number.NEGATIVE_INFINITY, rest: Number.NEGATIVE_INFINITY };

  const mayTell = (about, time) => activity !== "exam" && activity !== "break" && time >= quietUntil[about];
  const tell = (about, time, suggestion) => {
    quietUntil[about] = time + quietMinutes * 60_000;
    return { about, ...suggestion };
  };

  return {
    hearWindow(window, now) {
      const time = Date.parse(window.time);
      if (Number.isNaN(time) || now - time > LATE_MS) return null;
      activity = window.activity;
      const isWorking = window.quality === "ok" && activity !== "break";
      if (activity === "break" || (lastSeen !== null && time - lastSeen > AWAY_MS)) onTaskSince = null;
      if (!isWorking) return null;
      lastSeen = time;
      onTaskSince ??= time;
      const worked = Math.floor((time - onTaskSince) / 60_000);
      if (worked < onTaskMinutes || !mayTell("rest", time)) return null;
      return tell("rest", time, { activity: "break", text: `${worked} minutes without a break.` });
    },
    hearAir(value, time, now, device = "") {
      if (typeof value !== "number" || Number.isNaN(time) || now - time > LATE_MS) return null;
      if (value < ppm - BACK_PPM) staleSince.delete(device);
      if (value <= ppm) return null;
      if (!staleSince.has(device)) staleSince.set(device, time);
      if (time - staleSince.get(device) < minutes * 60_000 || !mayTell("air", time)) return null;
      return tell("air", time, {
        text: `CO₂ is at ${Math.round(value)} ppm: open the windows for a few minutes?`,
      });
    },
  };
}

module.exports = { watchAirAndTime };
