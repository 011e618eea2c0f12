import ICAL from "ical.js";
import { failure, reason } from "../errors.ts";
import { epochOf } from "./wallTime.ts";

/** One lesson, ms since the epoch: `[start, end)`. */
export interface Period {
  readonly start: number;
  readonly end: number;
  readonly summary: string;
}

/** Repeats are followed for so many steps from an event's first day: two centuries of schooldays. */
const MOST_REPEATS = 50_000;
const HOUR_MS = 3_600_000;
/** What lasts for so long lasts all day, also on the day that summer time makes an hour shorter. */
const WHOLE_DAY_MS = 23 * HOUR_MS;
/** A time read as if it were UTC is off by no more than a zone's 14 hours, and no lesson ends so long after its start. */
const NEAR_MS = 14 * HOUR_MS + WHOLE_DAY_MS;

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
    const calendar = new Calendar(ICAL.parse(text));
    if (calendar.name !== "vcalendar") throw new Error("it is not a calendar");
    return seriesIn(calendar)
      .filter((event) => [event, ...exceptionsOf(event)].some((each) => counts(each, location)))
      .flatMap((event) => occurrences(event, from, to))
      .filter(({ event }) => counts(event, location))
      .map(({ start, end, event }) => ({ start, end, summary: event.summary ?? "" }))
      .filter(({ start, end }) => end - start < WHOLE_DAY_MS)
      .sort((a, b) => a.start - b.start);
  } catch (error) {
    throw failure("TIMETABLE_INVALID", { problem: reason(error).split("\n")[0]! }, error);
  }
}

/**
 * The events, each with the exceptions that are made for it. The library would hand it those of all others too: a lesson
 * that is cancelled in one room would be gone from every room that has one at that time.
 */
function seriesIn(calendar: ICAL.Component): ICAL.Event[] {
  const exceptions = new Map<unknown, ICAL.Component[]>();
  const series: ICAL.Component[] = [];
  for (const component of calendar.getAllSubcomponents("vevent")) {
    if (!component.hasProperty("recurrence-id")) series.push(component);
    else {
      const uid = component.getFirstPropertyValue("uid");
      exceptions.set(uid, [...(exceptions.get(uid) ?? []), component]);
    }
  }
  const known = new Set<unknown>(series.map((component) => component.getFirstPropertyValue("uid")));
  // Where a series was written out in full, or only some weeks of it, its exceptions come without it.
  const alone = [...exceptions].flatMap(([uid, own]) => (known.has(uid) ? [] : own));
  return [
    ...alone.map((component) => new ICAL.Event(component)),
    ...series.map((component) => {
      const own = exceptions.get(component.getFirstPropertyValue("uid")) ?? [];
      return new ICAL.Event(lastDayIncluded(component), { exceptions: own });
    }),
  ];
}

/** Many a program ends repeats with a day, where RFC 5545 (3.3.10) wants a time: that day's lesson is still one. */
function lastDayIncluded(component: ICAL.Component): ICAL.Component {
  for (const rule of component.getAllProperties("rrule")) {
    const recur = rule.getFirstValue() as ICAL.Recur;
    if (!recur.until?.isDate) continue;
    const { year, month, day } = recur.until;
    const start = component.getFirstPropertyValue("dtstart") as ICAL.Time;
    if (!start.isDate)
      recur.until = new ICAL.Time({ year, month, day, hour: 23, minute: 59, second: 59 }, start.zone);
  }
  return component;
}

const exceptionsOf = (event: ICAL.Event): ICAL.Event[] => Object.values(event.exceptions);

function counts(event: ICAL.Event, location: string | undefined): boolean {
  const status = event.component.getFirstPropertyValue("status");
  // Names and words that stand for a value are the same in capitals and small letters (RFC 5545, 2).
  const cancelled = String(status).toUpperCase() === "CANCELLED";
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
  const exceptionFor = byTime(exceptionsOf(event), ({ recurrenceId }) => recurrenceId, event);
  const leftOut = byTime(timesIn(event, "exdate"), (time) => time, event);
  if (!event.isRecurring()) {
    const item = exceptionFor(event.startDate) ?? event;
    add(item.startDate, item.endDate, item);
    return found;
  }
  const reach = NEAR_MS + furthestMove(event);
  const repeats = event.iterator();
  for (let step = 0; step < MOST_REPEATS; step += 1) {
    const next = repeats.next();
    if (!next) break;
    // Only what is near is looked at closely: a plan of two years has thousands that are long over.
    const about = asIfUtc(next);
    if (about > to + reach) break;
    if (about < from - reach) continue;
    if (leftOut(next)) continue;
    const exception = exceptionFor(next);
    const { startDate, endDate, item } = exception
      ? { startDate: exception.startDate, endDate: exception.endDate, item: exception }
      : event.getOccurrenceDetails(next);
    add(startDate, endDate, item);
  }
  return found;
}

/**
 * Finds what is said of a time however that is written. The library knows it by its letters: whoever made an exception may
 * have been in another zone, or have named the day alone.
 */
function byTime<T>(items: readonly T[], timeOf: (item: T) => ICAL.Time, event: ICAL.Event) {
  const day = ({ year, month, day }: ICAL.Time) => `${year}-${month}-${day}`;
  const found = new Map(items.map((item) => [keyOf(timeOf(item)), item]));
  function keyOf(time: ICAL.Time): string | number {
    return time.isDate ? day(time) : epoch(time, event);
  }
  return (time: ICAL.Time): T | undefined =>
    found.size === 0 ? undefined : (found.get(keyOf(time)) ?? found.get(day(time)));
}

const timesIn = (event: ICAL.Event, property: string): ICAL.Time[] =>
  event.component.getAllProperties(property).flatMap((each) => each.getValues() as ICAL.Time[]);

/** How far an exception takes a lesson from where it would be. */
const furthestMove = (event: ICAL.Event): number =>
  exceptionsOf(event).reduce(
    (furthest, { recurrenceId, startDate }) =>
      Math.max(furthest, Math.abs(asIfUtc(startDate) - asIfUtc(recurrenceId)) + 2 * NEAR_MS),
    0,
  );

const asIfUtc = ({ year, month, day, hour, minute, second }: ICAL.Time): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** A time of an event in ms. One in no zone is of the event's, and of the machine's where that has none either. */
function epoch(time: ICAL.Time, event: ICAL.Event): number {
  if (time.zone && time.zone.tzid !== "floating") return time.toUnixTime() * 1000;
  const zone = event.component.getFirstProperty("dtstart")?.getFirstParameter("tzid") || undefined;
  return epochOf(time, zone);
}

/** A calendar in which zones may be named that it does not define. */
class Calendar extends ICAL.Component {
  readonly #named = new Map<string, ICAL.Timezone>();

  override getTimeZoneByID(tzid: string): ICAL.Timezone {
    const known = super.getTimeZoneByID(tzid) ?? this.#named.get(tzid) ?? new NamedZone({ tzid });
    this.#named.set(tzid, known);
    return known;
  }
}

/**
 * A zone from the machine's own table. The library reckons with it also where a time in it meets one in UTC: the last day
 * of a repeat, say, which is always in UTC.
 */
class NamedZone extends ICAL.Timezone {
  override utcOffset(time: ICAL.Time): number {
    return (asIfUtc(time) - epochOf(time, this.tzid)) / 1000;
  }
}
