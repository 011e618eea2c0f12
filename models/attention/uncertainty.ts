import type { Recorded } from "./goals.ts";
import { mean } from "./score.ts";

/**
 * By how much figures would differ over other rooms of the same kinds: standard errors by the jackknife, which leaves each
 * room out in turn (Efron & Tibshirani, An Introduction to the Bootstrap, 1993, eq. 11.5). Rooms, and not answers, are what
 * is left out: answers of one room resemble each other, and counted one by one they would look surer than they are.
 */
export async function standardErrors<R>(
  rooms: readonly R[],
  measure: (some: readonly R[]) => Promise<Recorded>,
): Promise<Recorded> {
  const without: Recorded[] = [];
  for (const room of rooms) without.push(await measure(rooms.filter((other) => other !== room)));
  const error = (figure: (measured: Recorded) => number) => {
    const values = without.map(figure);
    const middle = mean(values);
    return Math.sqrt((values.length - 1) * mean(values.map((value) => (value - middle) ** 2)));
  };
  return {
    accuracy: error((it) => it.accuracy),
    macroF1: error((it) => it.macroF1),
    shift: { f1: error((it) => it.shift.f1) },
    focusError: error((it) => it.focusError),
    focusCorrelation: error((it) => it.focusCorrelation),
    calibrationError: error((it) => it.calibrationError),
  };
}
