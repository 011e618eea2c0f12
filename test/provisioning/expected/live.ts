import { expect } from "vitest";
import { TARGETS } from "../../../gateway/terms.ts";
import { at, MINUTE, type Published, reliable } from "../day.ts";
import type { Situation } from "../grafana.ts";
import {
  type Answer,
  type Check,
  type Expected,
  expectCourse,
  expectFigures,
  find,
  last,
  mean,
  saidBy,
} from "./check.ts";

const now = (clock: string, lesson: string = "$__all"): Situation => ({
  from: at(clock) - 50 * MINUTE,
  to: at(clock),
  variables: { site: "north", room: "101", lesson },
});
const DROP = now("08:24:40");
const PAUSED = now("08:16:30");
const FEW = now("08:31");
const NO_CAMERA = now("08:40:50");
const SMALL = now("08:42:30");
const BREAK = now("08:47");
const GONE = now("08:55");

const here = { site: "north", room: "101" };
const windows = (published: readonly Published[], { from, to }: Answer) =>
  find(published, { what: "focus", ...here, from, to });

/** The last window that was published, null for null. */
const newest =
  (columns: Readonly<Record<string, string>>): Check =>
  (answer, published) => {
    const window = windows(published, answer).at(-1)!;
    expectFigures(
      answer.series.A,
      [window],
      Object.fromEntries(Object.entries(columns).map(([column, path]) => [column, last(path)])),
    );
  };
const unknown =
  (...columns: string[]): Check =>
  ({ series }) => {
    expect(series.A![0]!.rows).toHaveLength(1);
    for (const column of columns) expect(series.A![0]!.rows[0], column).toHaveProperty(column, null);
  };
const nothing: Check = ({ series }) => expect(series.A).toEqual([]);

const course =
  (lesson?: string): Check =>
  (answer, published) =>
    expectCourse(
      answer.series.A![0],
      windows(published, answer).filter(({ body }) => lesson === undefined || body.lesson === lesson),
      answer,
      { focus: mean("focus"), low: mean("low"), high: mean("high") },
    );

const air =
  (quantity: string): Check =>
  (answer, published) => {
    const { from, to } = answer;
    const good = (one: Published) => reliable(one) && one.of[1] === quantity;
    expectFigures(answer.series.A, find(published, { what: "sensor", ...here, from, to, where: good }), {
      [quantity]: mean("value"),
    });
  };

const suggested =
  (text: string): Check =>
  ({ series }) =>
    expect(series.A![0]!.rows.map((row) => row.text)).toEqual([text]);

const targets = Object.fromEntries(TARGETS.map((target) => [`targets_${target}`, `targets.${target}`]));

export const live: Expected = {
  "The class now": [
    [DROP, newest({ focus: "focus" })],
    [PAUSED, unknown("focus")],
    [FEW, unknown("focus")],
    [NO_CAMERA, unknown("focus")],
    [SMALL, unknown("focus")],
    [BREAK, unknown("focus")],
    [GONE, nothing],
  ],
  "Most likely between": [
    [DROP, newest({ low: "low", high: "high" })],
    [PAUSED, unknown("low", "high")],
    [GONE, nothing],
  ],
  "What is going on": [
    ...[DROP, PAUSED, FEW, NO_CAMERA, SMALL, BREAK].map(
      (situation) => [situation, newest({ activity: "activity", quality: "quality" })] as const,
    ),
    [GONE, nothing],
  ],
  "What to try now": [
    [
      DROP,
      (answer, published) =>
        expectFigures(answer.series.A, windows(published, answer), { focus: mean("focus") }),
    ],
    // Five minutes of which some were an exam: that does not count.
    [
      now("08:44:30"),
      (answer, published) => {
        const counted = windows(published, answer).filter(({ body }) => body.activity !== "exam");
        expect(counted.length).toBeLessThan(windows(published, answer).length);
        expectFigures(answer.series.A, counted, { focus: mean("focus") });
      },
    ],
    [now("08:49"), nothing],
    [GONE, nothing],
  ],
  Suggested: [
    [DROP, suggested("A minute in pairs?")],
    [now("08:23"), suggested("Time to air")],
    [now("08:40"), nothing],
  ],
  "The lesson so far": [
    [DROP, course()],
    [now("09:20"), course()],
    [now("09:20", "Maths"), course("Maths")],
    [now("09:20", "Art & Design (1/2)"), course("Art & Design (1/2)")],
    [now("09:20", "Art"), ({ series }) => expect(series.A, "only the whole name will do").toEqual([])],
  ],
  "What was going on": [
    [
      now("09:20"),
      (answer, published) =>
        expect(answer.series.A![0]!.rows).toEqual(
          windows(published, answer).map((message) => ({
            time: message.time,
            activity: saidBy(message, "activity"),
            quality: saidBy(message, "quality"),
          })),
        ),
    ],
  ],
  "What the room attends to": [
    [DROP, newest(targets)],
    [PAUSED, unknown(...Object.keys(targets))],
    [FEW, unknown(...Object.keys(targets))],
  ],
  "How much was seen": [
    [DROP, newest({ coverage: "coverage" })],
    [FEW, newest({ coverage: "coverage" })],
    [PAUSED, unknown("coverage")],
  ],
  Air: [
    [DROP, air("co2")],
    [now("11:00"), nothing],
  ],
  Sound: [
    [DROP, air("noise")],
    [now("11:00"), nothing],
  ],
  "Air over the lesson": [
    [
      DROP,
      (answer, published) => {
        const { from, to } = answer;
        const good = (one: Published) => reliable(one) && one.of[1] === "co2";
        const measured = find(published, { what: "sensor", ...here, from, to, where: good });
        expectCourse(answer.series.A![0], measured, answer, { co2: mean("value") });
      },
    ],
  ],
};
