import { expect } from "vitest";
import { QUALITIES, TARGETS } from "../../../gateway/terms.ts";
import { QUALITY_LOOKS, TARGET_LOOKS } from "../../../provisioning/look.ts";
import { at, type Published, reliable } from "../day.ts";
import type { Situation } from "../grafana.ts";
import {
  type Answer,
  type Check,
  count,
  type Expected,
  expectCourse,
  expectCourses,
  find,
  groupBy,
  last,
  mean,
  type Summary,
  saidBy,
} from "./check.ts";

const study = (
  site: string[],
  room: string[],
  lesson = "$__all",
  from = at("07:30"),
  to = at("09:30"),
): Situation => ({
  from,
  to,
  variables: { site, room, lesson },
});
/** One room; both rooms of one site, and not the one of the same name elsewhere; everything; one lesson everywhere. */
const ONE = study(["north"], ["101"]);
const TWO = study(["north"], ["101", "102"]);
const EVERY = study(["$__all"], ["$__all"]);
const MATHS = study(["$__all"], ["$__all"], "Maths");
const SITUATIONS = [ONE, TWO, EVERY, MATHS] as const;

const among = (picked: readonly string[], value: string) => picked[0] === "$__all" || picked.includes(value);
const pickedBy =
  ({ variables: { site, room, lesson } }: Situation) =>
  (message: Published): boolean =>
    among(site as string[], message.site) &&
    among(room as string[], message.room) &&
    (!("lesson" in message.body) ||
      message.what === "event" ||
      lesson === "$__all" ||
      message.body.lesson === lesson);

const within = (published: readonly Published[], what: string, situation: Situation, { from, to }: Answer) =>
  find(published, { what, from, to, where: pickedBy(situation) });

const eachOf = (check: (situation: Situation) => Check, situations: readonly Situation[] = SITUATIONS) =>
  situations.map((situation) => [situation, check(situation)] as const);

const course = (columns: Readonly<Record<string, Summary>>) =>
  eachOf(
    (situation) => (answer, published) =>
      expectCourse(answer.series.A![0], within(published, "focus", situation, answer), answer, columns),
  );

const countedBy = (tag: "model" | "provider") =>
  eachOf((situation) => (answer, published) => {
    const groups = groupBy(within(published, "focus", situation, answer), ({ body }) => String(body[tag]));
    if (situation === ONE) expect(Object.keys(groups)).toHaveLength(2);
    expectCourses(answer.series.A, [tag], groups, answer, { count: count("window_s") }, "0");
  });

export const research: Expected = {
  "Focus and its interval": course({ focus: mean("focus"), low: mean("low"), high: mean("high") }),
  "Coverage and heads": course({
    coverage: mean("coverage"),
    heads: mean("heads"),
    expected: mean("expected"),
  }),
  Targets: course(
    Object.fromEntries(TARGETS.map((target) => [TARGET_LOOKS[target].word, mean(`targets.${target}`)])),
  ),
  "Turns a minute": course({ shifts: mean("shifts_per_min") }),
  "On the same thing": course({ synchrony: mean("synchrony") }),
  Zones: eachOf((situation) => (answer, published) => {
    const zones = groupBy(within(published, "zone", situation, answer), ({ of }) => of[0]!);
    expect(Object.keys(zones)).toEqual(["left", "right"]);
    expectCourses(answer.series.A, ["zone"], zones, answer, { focus: mean("focus") });
  }),
  "Distribution of focus": eachOf(
    (situation) => (answer, published) =>
      expectCourse(
        answer.series.A![0],
        within(published, "focus", situation, answer),
        { ...answer, every: 60_000 },
        { focus: mean("focus") },
        "none",
      ),
  ),
  // Five weeks of one room, so that there are several rows for one cell.
  "Weekday by hour": eachOf(
    (situation) => (answer, published) => {
      const windows = within(published, "focus", situation, answer);
      for (const refId of ["A", "B"])
        expectCourse(
          answer.series[refId]![0],
          windows,
          { ...answer, every: 3_600_000 },
          { focus: mean("focus") },
          "none",
        );
      expect(answer.series.A![0]!.rows.length).toBe(situation === ONE ? 2 : 8);
    },
    [ONE, study(["north"], ["101"], "$__all", at("07:00") - 35 * 86_400_000, at("10:00"))],
  ),
  "What is known, and what is not": eachOf(
    (situation) => (answer, published) => {
      const windows = within(published, "focus", situation, answer);
      for (const quality of QUALITIES) {
        const such = windows.filter(({ body }) => body.quality === quality);
        expectCourse(
          answer.series[quality]![0],
          such,
          answer,
          { [QUALITY_LOOKS[quality].word]: count("window_s") },
          "0",
        );
      }
    },
    [ONE, TWO],
  ),
  Models: countedBy("model"),
  Providers: countedBy("provider"),
  "Versions of the gateway": eachOf(
    (situation) => (answer, published) => {
      const rooms = groupBy(
        within(published, "health", situation, answer),
        ({ site, room }) => `${site} ${room}`,
      );
      expectCourses(answer.series.A, ["site", "room"], rooms, answer, { version: last("version") });
    },
    [ONE, TWO, EVERY],
  ),
  Surroundings: eachOf((situation) => (answer, published) => {
    const good = within(published, "sensor", situation, answer).filter(reliable);
    const groups = groupBy(good, ({ site, room, of, body }) => [site, room, ...of, body.unit].join(" "));
    const tags = ["site", "room", "device", "quantity", "unit"];
    expectCourses(answer.series.A, tags, groups, answer, { value: mean("value") });
  }),
  Events: eachOf((situation) => (answer, published) => {
    const events = within(published, "event", situation, answer).toReversed();
    expect(answer.series.A![0]!.rows).toEqual(
      events.map((message) => ({
        time: message.time,
        site: message.site,
        room: message.room,
        kind: message.body.kind,
        activity: saidBy(message, "activity") ?? null,
        text: saidBy(message, "text") ?? null,
        focus: saidBy(message, "focus") ?? null,
        usual: saidBy(message, "usual") ?? null,
        count: 1,
      })),
    );
  }),
};
