import type { Reading } from "../terms.ts";
import { kindOf, type Quantity, RESTING_MINUTES, STUCK_READINGS } from "./quantities.ts";
import type { Measurement } from "./sensor.ts";
import { convert } from "./units.ts";

/** Says of each measurement of one device what it is worth. Pure: it takes time as an argument. */
export interface Judge {
  /** The measurement as a reading, in the quantity's unit. `now` is when it was heard. */
  weigh(measurement: Measurement, now: number, lowBattery?: boolean): Reading;
  /** What has grown stale since it was last asked: a reading without a value for each, once. */
  overdue(now: number): Reading[];
}

interface Moment {
  readonly time: number;
  readonly value: number;
}

/** What is known of one quantity. */
interface History {
  /** When the device last said anything of it. */
  readonly heard: number;
  readonly stale: boolean;
  /** The last value that was believed, and one since then that was too far from it to be. */
  readonly believed: Moment;
  readonly doubted: Moment | null;
  /** Since when, and how often, the value has been exactly the same. */
  readonly sameSince: number;
  readonly sameReadings: number;
}

const MINUTE_MS = 60_000;
const LOW_BATTERY_PERCENT = 10;

export function judge(device: string, staleAfterSeconds: number): Judge {
  const histories = new Map<Quantity, History>();
  const staleMs = staleAfterSeconds * 1000;
  let low = false;

  return {
    weigh(measurement, now, lowBattery) {
      const { quantity } = measurement;
      // A device whose clock is ahead has measured nothing in the future; it would never grow stale.
      const time = Math.min(measurement.time ?? now, now);
      const { unit, plausible } = kindOf(quantity);
      const value = convert(measurement.value, measurement.unit, unit);
      if (quantity === "battery" && Number.isFinite(value)) low = value <= LOW_BATTERY_PERCENT;
      low = lowBattery ?? low;
      const reading = { device, quantity, time, value, unit };
      const before = histories.get(quantity);
      if (!(value >= plausible[0] && value <= plausible[1])) {
        // It speaks, so it is not stale; but what it says is not taken up.
        if (before) histories.set(quantity, { ...before, heard: now, stale: false });
        return { ...reading, value: Number.isFinite(value) ? value : Number.NaN, quality: "implausible" };
      }
      if (now - time > staleMs) return { ...reading, quality: "stale" };
      const history = remember(quantity, before, { time, value });
      histories.set(quantity, history);
      if (history.doubted) return { ...reading, quality: "jump" };
      if (isStuck(quantity, history)) return { ...reading, quality: "stuck" };
      return { ...reading, quality: low ? "low_battery" : "ok" };
    },
    overdue(now) {
      return [...histories].flatMap(([quantity, history]): Reading[] => {
        const { unit, rare } = kindOf(quantity);
        if (rare || history.stale || now - history.heard <= staleMs) return [];
        histories.set(quantity, { ...history, stale: true });
        // No value: the old one with a new time would be a lie.
        return [{ device, quantity, time: now, value: Number.NaN, unit, quality: "stale" }];
      });
    },
  };
}

function remember(quantity: Quantity, before: History | undefined, moment: Moment): History {
  const fresh = { heard: moment.time, stale: false };
  // After a silence nobody knows where the value may have gone.
  if (!before || before.stale)
    return { ...fresh, believed: moment, doubted: null, sameSince: moment.time, sameReadings: 1 };
  const { believed, doubted } = before;
  const same = (doubted ?? believed).value === moment.value;
  // A lone spike is doubted; a second value beside it shows that the level has really changed.
  const isBelieved =
    isNear(quantity, believed, moment) || (doubted !== null && isNear(quantity, doubted, moment));
  return {
    ...fresh,
    believed: isBelieved ? moment : believed,
    doubted: isBelieved ? null : moment,
    sameSince: same ? before.sameSince : moment.time,
    sameReadings: same ? before.sameReadings + 1 : 1,
  };
}

function isNear(quantity: Quantity, before: Moment, now: Moment): boolean {
  const { jump } = kindOf(quantity);
  const minutes = Math.max(1, (now.time - before.time) / MINUTE_MS);
  return jump === null || Math.abs(now.value - before.value) <= jump * minutes;
}

function isStuck(
  quantity: Quantity,
  { believed, doubted, sameSince, sameReadings, heard }: History,
): boolean {
  const { stuckMinutes } = kindOf(quantity);
  if (stuckMinutes === null || sameReadings < STUCK_READINGS) return false;
  const minutes = mayRest(quantity, (doubted ?? believed).value) ? RESTING_MINUTES : stuckMinutes;
  return heard - sameSince >= minutes * MINUTE_MS;
}

/** Whether a sensor that works may say that value, and no other, over a long weekend. */
function mayRest(quantity: Quantity, value: number): boolean {
  const { rests } = kindOf(quantity);
  if (rests === undefined) return false;
  // What was whole in another unit is so only to the last digits.
  return "atMost" in rests ? value <= rests.atMost : Math.abs(value - Math.round(value)) < 1e-6;
}
