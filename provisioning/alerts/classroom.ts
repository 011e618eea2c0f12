import { from, is, isNoneOf, mean } from "../influxql.ts";
import { reliable } from "../readings.ts";
import { byRoom, MINUTE_S, WHERE } from "./room.ts";
import type { Rule } from "./rule.ts";

/** What a class is doing is nobody's business outside of it: not in an exam, not in a break, and only its own teacher's. */
const lessonFocus = () =>
  byRoom(
    from("focus")
      .select(mean("focus"))
      .where(isNoneOf("activity", ["exam", "break"])),
  ).by("activity");

/** For the teacher: the room. */
export const CLASSROOM: readonly Rule[] = [
  {
    uid: "focus-air",
    title: "Air the room",
    audience: "teacher",
    severity: "info",
    summary: `The air in ${WHERE} is used up`,
    advice: "More than 1400 ppm of carbon dioxide over ten minutes. Open a window when it suits.",
    ask: {
      A: {
        query: byRoom(from("environment").select(mean("value")).where(is("quantity", "co2"), reliable)),
        seconds: 10 * MINUTE_S,
      },
    },
    compute: { B: { reduce: "A", to: "last" }, C: { of: "B", above: 1400 } },
    holds: "5m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-teacher-live", panel: "Air over the lesson" },
  },
  {
    uid: "focus-drop",
    title: "Focus has dropped",
    audience: "teacher",
    severity: "info",
    summary: `Focus in ${WHERE} has been lower for a while`,
    advice:
      "Over five minutes it was 20 points below what it had been in this activity during the last hour, and that for another five. It may mean nothing. A question to all, a minute in pairs or a short break often helps.",
    ask: {
      A: { query: lessonFocus(), seconds: 5 * MINUTE_S },
      B: { query: lessonFocus(), seconds: 65 * MINUTE_S, until: 5 * MINUTE_S },
    },
    // Both by activity: group work is never held against the lecture before it.
    compute: {
      C: { reduce: "A", to: "last" },
      D: { reduce: "B", to: "last" },
      E: { math: "$D - $C" },
      F: { of: "E", above: 0.2 },
    },
    holds: "5m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-teacher-live", panel: "The lesson so far" },
  },
];
