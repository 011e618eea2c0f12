const { cutIntoStretches, SILENCE_MS } = require("./stretches.js");

/**
 * Adds stretches up to a lesson: until its name changes, a break begins, or nothing more comes. `hear(window)` takes the
 * payload of `focus`, `rest(now)` the time in milliseconds; both give null or
 * `{ lesson, minutes, focus, unknownMinutes, activities: [{ activity, minutes, focus }], text }`.
 */
function summariseLessons({ minimumMinutes = 10 } = {}) {
  const stretches = cutIntoStretches();
  let lesson = [];

  function finish() {
    const parts = lesson;
    lesson = [];
    const minutes = sum(parts, ({ minutes }) => minutes);
    if (minutes < minimumMinutes) return null;
    const activities = [...new Set(parts.map(({ activity }) => activity))].map((activity) => {
      const mine = parts.filter((part) => part.activity === activity);
      return { activity, minutes: rounded(sum(mine, (part) => part.minutes)), focus: meanFocus(mine) };
    });
    const summary = {
      lesson: parts[0].lesson,
      minutes: rounded(minutes),
      focus: meanFocus(parts),
      unknownMinutes: rounded(sum(parts, (part) => part.unknownMinutes)),
      activities,
    };
    return { ...summary, text: inWords(summary) };
  }

  /** The lesson is over when a break begins, another one does, or after a long silence. */
  const isOver = (window, last) =>
    window.activity === "break" ||
    (window.lesson ?? null) !== last.lesson ||
    Date.parse(window.time) - last.end > SILENCE_MS;

  return {
    hear(window) {
      const ended = stretches.hear(window);
      if (ended === null || ended.activity === "break") return null;
      lesson.push(ended);
      return isOver(window, ended) ? finish() : null;
    },
    rest(now) {
      const ended = stretches.rest(now);
      if (ended && ended.activity !== "break") lesson.push(ended);
      // The last stretch may have ended with the lesson, which takes back what the class did, and not by silence.
      const isSilent = !stretches.isOpen() && lesson.length > 0 && now - lesson.at(-1).end >= SILENCE_MS;
      return isSilent ? finish() : null;
    },
  };
}

const sum = (parts, of) => parts.reduce((total, part) => total + of(part), 0);
const rounded = (minutes) => Math.round(minutes * 10) / 10;

/** Over the time in which it was known. */
function meanFocus(parts) {
  const known = parts.filter(({ focus }) => focus !== null);
  const weight = ({ minutes, unknownMinutes }) => Math.max(minutes - unknownMinutes, 0.1);
  if (known.length === 0) return null;
  return Math.round((sum(known, (part) => weight(part) * part.focus) / sum(known, weight)) * 10_000) / 10_000;
}

const percent = (focus) => (focus === null ? "unknown" : `${Math.round(focus * 100)} %`);

function inWords({ lesson, minutes, focus, unknownMinutes, activities }) {
  const parts = activities.map(
    (part) => `${part.activity} ${Math.round(part.minutes)} min ${percent(part.focus)}`,
  );
  const unknown = unknownMinutes >= 1 ? `; unknown for ${Math.round(unknownMinutes)} min` : "";
  // Room for all of it in the 160 characters that the teacher is told at once.
  const name = lesson ? `${lesson.slice(0, 40)}: ` : "";
  return `${name}${Math.round(minutes)} min, focus ${percent(focus)} (${parts.join(", ")})${unknown}.`.slice(
    0,
    160,
  );
}

module.exports = { summariseLessons };
