import { expect } from "vitest";
import { TARGETS } from "../../../gateway/terms.ts";
import { TARGET_LOOKS } from "../../../provisioning/look.ts";
import { at, type Published, reliable } from "../day.ts";
import type { Situation } from "../grafana.ts";
import {
  type Answer,
  type Check,
  count,
  type Expected,
  expectCourse,
  expectCourses,
  expectFigures,
  find,
  groupBy,
  last,
  mean,
  saidBy,
  values,
} from "./check.ts";

const lookBack = (from: string, to: string, lesson: string): Situation => ({
  from: at(from),
  to: at(to),
  variables: { site: "north", room: "101", lesson },
});
const MATHS = lookBack("07:55", "08:50", "Maths");
const ALL = lookBack("08:00", "09:30", "$__all");
const WEEK_MS = 7 * 86_400_000;

const here = { site: "north", room: "101" };
const windows = (
  published: readonly Published[],
  { from, to }: { from: number; to: number },
  lesson?: string,
) =>
  find(published, {
    what: "focus",
    ...here,
    from,
    to,
    where: ({ body }) => lesson === undefined || body.lesson === lesson,
  });
const events = (published: readonly Published[], { from, to }: Answer) =>
  find(published, { what: "event", ...here, from, to });

const interval = { focus: mean("focus"), low: mean("low"), high: mean("high") };
/** In both situations: the one lesson, and all that was there. */
const both = (check: (lesson: string | undefined) => Check) =>
  [
    [MATHS, check("Maths")],
    [ALL, check(undefined)],
  ] as const;

/** By the letter of each query, the quantity that it is about. */
const measured =
  (quantities: Readonly<Record<string, string>>): Check =>
  (answer, published) => {
    const { from, to } = answer;
    for (const [refId, quantity] of Object.entries(quantities)) {
      const good = (one: Published) => reliable(one) && one.of[1] === quantity;
      const readings = find(published, { what: "sensor", ...here, from, to, where: good });
      expectCourse(answer.series[refId]![0], readings, answer, { [quantity]: mean("value") });
    }
  };

/** What was usual: the same lesson in this room, from 28 days before to the beginning of what is shown. */
const usual: Check = (answer, published) => {
  const now = windows(published, answer, "Maths");
  const before = windows(published, { from: answer.from - 4 * WEEK_MS, to: answer.from - 1 }, "Maths");
  expect(
    new Set(before.map(({ time }) => Math.floor(time / WEEK_MS))).size,
    "four weeks, and not the fifth",
  ).toBe(4);
  for (const [refId, column, messages] of [
    ["A", "this time", now],
    ["B", "usually", before],
  ] as const) {
    const byActivity = groupBy(
      messages.filter((message) => values([message], "focus").length > 0),
      ({ body }) => String(body.activity),
    );
    const series = answer.series[refId]!;
    expect(series.map(({ tags }) => tags.activity).toSorted()).toEqual(Object.keys(byActivity).toSorted());
    for (const { tags, rows } of series)
      expect(rows[0]![column]).toBeCloseTo(mean("focus")(byActivity[tags.activity!]!) as number, 9);
  }
};

export const lesson: Expected = {
  "Focus over the lesson": both(
    (name) => (answer, published) =>
      expectFigures(answer.series.A, windows(published, answer, name), { focus: mean("focus") }),
  ),
  "How much was known": both((name) => (answer, published) => {
    const counted = windows(published, answer, name).filter(({ body }) => body.activity !== "break");
    const known = values(counted, "focus").length / counted.length;
    expect(known).toBeGreaterThan(0.5);
    expect(known).toBeLessThan(1);
    expectFigures(answer.series.A, counted, { known: () => known });
  }),
  "Times it dropped": [
    [
      MATHS,
      (answer, published) => {
        const drops = events(published, answer).filter(({ body }) => body.kind === "focus_drop");
        expect(drops).toHaveLength(1);
        expectFigures(answer.series.A, drops, { drops: () => drops.length });
      },
    ],
    [lookBack("09:05", "09:30", "$__all"), ({ series }) => expect(series.A).toEqual([])],
  ],
  "Turns a minute": both(
    (name) => (answer, published) =>
      expectFigures(answer.series.A, windows(published, answer, name), { shifts: mean("shifts_per_min") }),
  ),
  "Where attention fell and came back": both(
    (name) => (answer, published) =>
      expectCourse(answer.series.A![0], windows(published, answer, name), answer, interval),
  ),
  "What was going on": both(
    (name) => (answer, published) =>
      expectCourse(answer.series.A![0], windows(published, answer, name), answer, { known: last("quality") }),
  ),
  "What the class was doing": both((name) => (answer, published) => {
    const byActivity = groupBy(windows(published, answer, name), ({ body }) => String(body.activity));
    expectCourses(answer.series.A, ["activity"], byActivity, answer, { count: count("window_s") }, "0");
  }),
  "Where heads were turned": both((name) => (answer, published) => {
    expectCourse(
      answer.series.A![0],
      windows(published, answer, name),
      answer,
      Object.fromEntries(TARGETS.map((target) => [TARGET_LOOKS[target].word, mean(`targets.${target}`)])),
    );
    const known = answer.series.A![0]!.rows.filter(({ Board }) => Board !== null);
    for (const { time: _, ...shares } of known)
      expect(Object.values(shares as Record<string, number>).reduce((a, b) => a + b)).toBeCloseTo(1, 3);
  }),
  "Beside this class's own usual": [[MATHS, usual]],
  "The same time a week ago": [
    [
      MATHS,
      (answer, published) => {
        expect(answer.to).toBe(MATHS.to - WEEK_MS);
        expectCourse(answer.series.A![0], windows(published, answer, "Maths"), answer, interval);
      },
    ],
  ],
  Air: [[ALL, measured({ A: "co2" })]],
  "Sound and warmth": [[ALL, measured({ noise: "noise", temperature: "temperature" })]],
  "What happened": [
    [
      ALL,
      (answer, published) =>
        expect(answer.series.A![0]!.rows).toEqual(
          events(published, answer)
            .toReversed()
            .map((message) => ({
              time: message.time,
              kind: message.body.kind,
              activity: saidBy(message, "activity") ?? null,
              text: saidBy(message, "text") ?? null,
              focus: saidBy(message, "focus") ?? null,
              usual: saidBy(message, "usual") ?? null,
              count: 1,
            })),
        ),
    ],
  ],
};
