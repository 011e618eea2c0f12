import type { Quantity } from "../../gateway/sense/quantities.ts";
import { beforeRange, column, count, from, is, isNoneOf, last, mean, picked, sum } from "../influxql.ts";
import { ACTIVITY_LOOKS, COLOURS, mapUnknown, mapWords, NO_NEWS, QUALITY_LOOKS } from "../look.ts";
import type { Page } from "../page.ts";
import { bands, compared, figure, lines, table } from "../panels.ts";
import { rows, series } from "../target.ts";
import { annotations, HERE, lessonOf, OF_LESSON, roomFrom, siteFrom } from "../variables.ts";
import { airCourse, focusCourse, measured, targetShares } from "./windows.ts";

const windows = () => from("focus").where(OF_LESSON, ...HERE);
const air = (quantity: Quantity) => series(measured(quantity).every("$__interval"), { refId: quantity });

/** For the teacher, afterwards: where attention fell and came back. One class beside itself, never beside another. */
export const lesson: Page = {
  uid: "focus-teacher-lesson",
  title: "A lesson, looked back on",
  says: "Where attention fell and came back in one lesson, against what the class was doing, marks and air, and beside this class's own usual. Not for comparing classes or teachers: there is no view that does.",
  tags: ["focus-gateway", "teacher"],
  from: "now-2h",
  refresh: "",
  variables: [siteFrom("focus"), roomFrom("focus"), lessonOf],
  annotations,
  panels: [
    figure({
      title: "Focus over the lesson",
      says: "Mean of the windows in which it was known, without breaks. Look at how much was known before reading anything into it.",
      unit: "percentunit",
      decimals: 0,
      targets: [rows(windows().select(mean("focus").as("focus")))],
      show: "/^focus$/",
      size: 60,
      width: 6,
      height: 5,
    }),
    figure({
      title: "How much was known",
      says: "Share of the windows outside of breaks that have a number. The rest was paused, unseen, or about too few to speak of.",
      unit: "percentunit",
      decimals: 0,
      targets: [
        rows(
          windows()
            .select(count("focus").per(count("window_s")).as("known"))
            .where(isNoneOf("activity", ["break"])),
        ),
      ],
      show: "/^known$/",
      size: 60,
      width: 6,
      height: 5,
    }),
    figure({
      title: "Times it dropped",
      says: "How often focus fell well below what was usual for the activity, and stayed there for two windows. In all of the time that is shown.",
      unit: "none",
      none: "none",
      targets: [
        rows(
          from("event")
            .select(sum("count").as("drops"))
            .where(is("kind", "focus_drop"), ...HERE),
        ),
      ],
      show: "/^drops$/",
      size: 60,
      width: 6,
      height: 5,
    }),
    figure({
      title: "Turns a minute",
      says: "How often a head turned from one thing to another, a head and minute. It depends much on the activity.",
      unit: "none",
      decimals: 1,
      targets: [rows(windows().select(mean("shifts_per_min").as("shifts")))],
      show: "/^shifts$/",
      size: 60,
      width: 6,
      height: 5,
    }),
    focusCourse(windows(), {
      title: "Where attention fell and came back",
      says: "The line is focus, the pale band its interval, averaged over each point's stretch of time. A gap is time about which nothing is known. Lines through the chart are marks, activities, drops and recoveries.",
      width: 24,
      height: 9,
    }),
    bands({
      title: "What was going on",
      says: "Whether there was a number, and why not: grey stretches are unknown and not low. Nothing at all means that nothing was heard.",
      unit: "string",
      none: NO_NEWS,
      targets: [series(windows().select(last("quality").as("known")).every("$__interval"))],
      mappings: mapWords(QUALITY_LOOKS),
      interval: "30s",
      width: 24,
      height: 3,
    }),
    lines({
      title: "What the class was doing",
      says: "Windows of each activity in each stretch of time, as shares of all: the colour that fills a stretch is what the class was doing then.",
      unit: "none",
      none: NO_NEWS,
      targets: [
        series(windows().select(count("window_s")).by("activity").every("$__interval", "0"), {
          alias: "$tag_activity",
        }),
      ],
      fields: Object.fromEntries(
        Object.entries(ACTIVITY_LOOKS).map(([activity, { word, colour }]) => [
          activity,
          [
            { id: "displayName", value: word },
            { id: "color", value: { mode: "fixed", fixedColor: colour } },
          ],
        ]),
      ),
      stacked: "percent",
      bars: true,
      interval: "1m",
      width: 24,
      height: 5,
    }),
    targetShares(windows(), {
      title: "Where heads were turned",
      says: "Shares of heads on each target, one above the other. They make up the whole wherever it is known.",
      width: 12,
      height: 8,
    }),
    compared({
      title: "Beside this class's own usual",
      says: "Mean focus in each activity: in what is shown, and in the same lesson in this room over the four weeks before. Differences of a few points are no news.",
      unit: "percentunit",
      decimals: 0,
      min: 0,
      max: 1,
      targets: [
        rows(windows().select(mean("focus").as("this time")).by("activity")),
        rows(
          from("focus")
            .select(mean("focus").as("usually"))
            .where(OF_LESSON, picked("site"), picked("room"), beforeRange("28d"))
            .by("activity"),
          { refId: "B" },
        ),
      ],
      transformations: [
        { id: "organize", options: { excludeByName: { Time: true } } },
        { id: "joinByField", options: { byField: "activity", mode: "outer" } },
      ],
      across: "activity",
      colours: { "this time": COLOURS.focus, usually: COLOURS.unknown },
      mappings: [...mapWords(ACTIVITY_LOOKS), ...mapUnknown()],
      width: 12,
      height: 8,
    }),
    focusCourse(windows(), {
      title: "The same time a week ago",
      says: "As above, in the same room one week earlier: this class's usual course, where the timetable repeats by the week. Empty where nothing was recorded.",
      width: 24,
      height: 7,
      none: "nothing recorded",
      earlier: "1w",
    }),
    airCourse({
      title: "Air",
      says: "Carbon dioxide: mean over the room's sensors. Dashed: stuffy from 1000 ppm, time to air from 1400 ppm. About comfort; no cause of attention is claimed.",
      width: 8,
      height: 7,
    }),
    lines({
      title: "Sound and warmth",
      says: "Sound level in dB (left) and temperature in °C (right), means over the room's sensors.",
      unit: "dB",
      none: "no sensor heard",
      targets: [air("noise"), air("temperature")],
      colours: { noise: COLOURS.quiet, temperature: COLOURS.strong },
      fields: {
        temperature: [
          { id: "unit", value: "celsius" },
          { id: "custom.axisPlacement", value: "right" },
        ],
      },
      interval: "1m",
      width: 8,
      height: 7,
    }),
    table({
      title: "What happened",
      says: "Marks, changes of activity, drops and recoveries in the time that is shown, the latest first. With a drop: focus then, and what had been usual.",
      unit: "none",
      none: "–",
      targets: [
        rows(
          from("event")
            .select(
              column("kind"),
              column("activity"),
              column("text"),
              column("focus"),
              column("usual"),
              column("count"),
            )
            .where(...HERE)
            .newest(500),
        ),
      ],
      transformations: [{ id: "organize", options: { excludeByName: { count: true } } }],
      fields: {
        focus: [
          { id: "unit", value: "percentunit" },
          { id: "decimals", value: 0 },
        ],
        usual: [
          { id: "unit", value: "percentunit" },
          { id: "decimals", value: 0 },
        ],
      },
      width: 8,
      height: 7,
    }),
  ],
};
