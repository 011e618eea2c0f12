/** A reading of a clock on a wall somewhere. `month` is 1–12. */
export interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * When a clock on a wall in that zone shows that, in ms since the epoch. An hour that summer time leaves out is read as
 * if it had not begun yet, one that comes twice as its first coming (as RFC 5545, 3.3.5, has it). Throws a RangeError
 * for a zone that nobody knows.
 * @param zone IANA name, `Europe/Berlin`; the machine's own when left out.
 */
export function epochOf(wall: WallTime, zone?: string): number {
  const asIfUtc = Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
  // The offset changes by an hour or two at most, so what held a day before and a day after are the two that it can be.
  const candidates = [offsetAt(asIfUtc - DAY_MS, zone), offsetAt(asIfUtc + DAY_MS, zone)].map(
    (offset) => asIfUtc - offset,
  );
  const shown = candidates.filter((epoch) => epoch + offsetAt(epoch, zone) === asIfUtc);
  return shown.length > 0 ? Math.min(...shown) : candidates[0]!;
}

const DAY_MS = 86_400_000;

/** One for each zone: to make one takes longer than to ask it a hundred times. */
const clocks = new Map<string | undefined, Intl.DateTimeFormat>();

function clockIn(zone: string | undefined): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat("en-GB", {
    ...(zone === undefined ? {} : { timeZone: zone }),
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  clocks.set(zone, clock);
  return clock;
}

/** What that zone's clocks are ahead of UTC at that moment, ms. */
function offsetAt(epoch: number, zone: string | undefined): number {
  const parts = clockIn(zone).formatToParts(epoch);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(
    value("year"),
    value("month") - 1,
    value("day"),
    value("hour"),
    value("minute"),
    value("second"),
  );
  return shown - Math.floor(epoch / 1000) * 1000;
}
