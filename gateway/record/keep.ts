import { z } from "zod";
import { RELIABLE, TARGETS } from "../terms.ts";

/** How long what is recorded stays, and what it is summed up to before it goes. */
export const keepOptions = z.strictObject({
  rawDays: z
    .int()
    .min(2)
    .max(36_500)
    .default(400)
    .describe("Days that windows, measurements and events stay as they came."),
  minuteDays: z
    .int()
    .min(2)
    .max(36_500)
    .default(1_200)
    .describe("Days that one-minute roll-ups stay. Those of lessons and days stay for good."),
});
export type Keep = z.output<typeof keepOptions>;

/**
 * Numbers of a window that mean something on average. `low` and `high` do not: the interval of an average is narrower
 * than the average of intervals.
 */
export const AVERAGED = [
  "focus",
  "coverage",
  "heads",
  ...TARGETS.map((target) => `targets_${target}`),
  "shifts_per_min",
  "synchrony",
] as const;

/** What is rolled up, what tells its series apart, and the qualities of the rows that count. */
export const ROLLED = {
  focus: { tags: ["site", "room", "activity"], numbers: AVERAGED, qualities: ["ok"] },
  zone_focus: { tags: ["site", "room", "zone", "activity"], numbers: AVERAGED, qualities: ["ok"] },
  environment: {
    tags: ["site", "room", "device", "quantity", "unit"],
    numbers: ["value"],
    qualities: RELIABLE,
  },
} as const;
