import { readFile, stat } from "node:fs/promises";
import ICAL from "ical.js";
import { z } from "zod";
import { failure, reason } from "../errors.ts";
import { epochOf } from "./wallTime.ts";

export const timetableOptions = z.strictObject({
  file: z
    .string()
    .min(1)
    .describe(
      "An iCalendar file (.ics) with the room's lessons. Cameras open only during its events. Read again when it changes; while it cannot be read, cameras stay shut.",
    ),
  location: z
    .string()
    .min(1)
    .optional()
    .describe("Only events with exactly this LOCATION count: for a file with the whole school in it."),
  lessonNames: z
    .boolean()
    .default(false)
    .describe(
      "Take an event's SUMMARY as the name of the lesson. It is published: see that it names no person.",
    ),
});
export type TimetableOptions = z.output<typeof timetableOptions>;

/** One lesson, ms since the epoch: `[start, end)`. */
export interface Period {
  readonly start: number;
  readonly end: number;
  readonly summary: string;
}

/** Repeats are followed for so many steps from an event's first day: two centuries of schooldays. */
const MOST_REPEATS = 50_000;

/**
 * The lessons in an iCalendar text (RFC 5545) that touch `[from, to)`, in order of their start. Repeats, exceptions and
 * time zones are followed; events that were cancelled or that last whole days (holidays, project weeks) are no lessons:
 * they would keep a camera open at night. Throws TIMETABLE_INVALID.
 */
export function lessonsIn(
  text: string,
  { from, to, location }: { from: number; to: number; location?: string | undefined },
): Period[] {
  try {
    const calendar = new ICAL.Component(ICAL.parse(text));
    if (calendar.name !== "vcalendar") throw new Error("it is not a calendar");
    const events = calendar
      .getAllSubcomponents("vevent")
      // An exception to a repeated event comes along with that event.
      .filter((event) => !event.hasProperty("recurrence-id"))
      .map((component) => new ICAL.Event(component));
    return events
      .flatMap((event) => occurrences(event, from, to))
      .filter(({ event }) => counts(event, location))
      .map(({ start, end, event }) => ({ start, end, summary: event.summary ?? "" }))
      .sort((a, b) => a.start - b.start);
  } catch (error) {
    throw failure("TIMETABLE_INVALID", { problem: reason(error).split("\n")[0]! }, error);
  }
}

function counts(event: ICAL.Event, location: string | undefined): boolean {
  const cancelled = event.component.getFirstPropertyValue("status") === "CANCELLED";
  return !cancelled && !event.startDate.isDate && (location === undefined || event.location === location);
}

interface Occurrence {
  readonly start: number;
  readonly end: number;
  readonly event: ICAL.Event;
}

function occurrences(event: ICAL.Event, from: number, to: number): Occurrence[] {
  const found: Occurrence[] = [];
  const add = (startDate: ICAL.Time, endDate: ICAL.Time, item: ICAL.Event) => {
    const [start, end] = [epoch(startDate, item), epoch(endDate, item)];
    if (start < to && end > from) found.push({ start, end, event: item });
  };
  if (!event.isRecurring()) {
    add(event.startDate, event.endDate, event);
    return found;
  }
  const repeats = event.iterator();
  for (let step = 0; step < MOST_REPEATS; step += 1) {
    const next = repeats.next();
    if (!next) break;
    const { startDate, endDate, item } = event.getOccurrenceDetails(next);
    add(startDate, endDate, item);
    // An exception may have been moved by days, so go on a little past the end.
    if (epoch(next, event) > to + SLACK_MS) break;
  }
  return found;
}

const SLACK_MS = 14 * 86_400_000;

/**
 * A time of an event in ms. One in a zone that the file itself defines is the library's to reckon; one in a zone that it
 * only names is looked up in the machine's own table, and one in no zone is of the machine's.
 */
function epoch(time: ICAL.Time, event: ICAL.Event): number {
  if (time.zone && time.zone.tzid !== "floating") return time.toUnixTime() * 1000;
  const zone = event.component.getFirstProperty("dtstart")?.getFirstParameter("tzid") || undefined;
  const { year, month, day, hour, minute, second } = time;
  return epochOf({ year, month, day, hour, minute, second }, zone);
}

/** What the timetable says of a moment. */
export type Moment =
  | { readonly lesson: Period; readonly until: number }
  | { readonly lesson: null; readonly because: string };

export interface Timetable {
  /** Never rejects: a timetable that cannot be read has no lessons. */
  at(now: number): Promise<Moment>;
}

const DAY_MS = 86_400_000;

/** Opens nothing and keeps nothing open: the file is read anew when it was changed, and once a day. */
export function openTimetable({ file, location }: TimetableOptions): Timetable {
  let read: { modified: number; day: number; lessons: readonly Period[] } | null = null;

  async function lessonsAround(now: number): Promise<readonly Period[]> {
    const { mtimeMs: modified } = await stat(file);
    const day = Math.floor(now / DAY_MS);
    if (read?.modified !== modified || read.day !== day) {
      const text = await readFile(file, "utf8");
      const lessons = lessonsIn(text, { from: (day - 1) * DAY_MS, to: (day + 2) * DAY_MS, location });
      read = { modified, day, lessons };
    }
    return read.lessons;
  }

  return {
    async at(now) {
      try {
        const lessons = await lessonsAround(now);
        const lesson = lessons.find(({ start, end }) => start <= now && now < end);
        return lesson
          ? { lesson, until: lesson.end }
          : { lesson: null, because: "there is no lesson in the timetable now" };
      } catch (error) {
        read = null;
        return { lesson: null, because: `the timetable ${file} cannot be used: ${reason(error)}` };
      }
    },
  };
}
