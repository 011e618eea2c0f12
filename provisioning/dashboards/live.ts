import { column, from, isNoneOf, isOneOf, mean, type Select } from "../influxql.ts";
import {
  ACTIVITY_LOOKS,
  AIR_BANDS,
  COLOURS,
  IDEAS,
  mapRanges,
  mapUnknown,
  mapWords,
  NO_NEWS,
  NOISE_BANDS,
  QUALITY_LOOKS,
  TARGET_LOOKS,
  TARGETS,
} from "../look.ts";
import type { Page } from "../page.ts";
import { bands, figure, gauges } from "../panels.ts";
import { rows } from "../target.ts";
import { annotations, HERE, lessonOf, OF_LESSON, roomFrom, siteFrom } from "../variables.ts";
import { airCourse, focusCourse, measured } from "./windows.ts";

/** So long after the last window, it is old news: three windows of up to 40 seconds. */
const FRESH = "2m";
/** Sensors speak more rarely, and air changes slowly. */
const AIR = "10m";

const newest = (...names: string[]): Select =>
  from("focus")
    // `window_s` is in every window: without it, an unknown window would not come and an older one would stand for it.
    .select(...names.map(column), column("window_s"))
    .where(...HERE)
    .newest(1);

/** For the teacher, during the lesson: to be read from the back of the room, or on a phone. */
export const live: Page = {
  uid: "focus-teacher-live",
  title: "The class now",
  says: "How the room is with you, now and over the lesson. It is about the room, never about one student, and no mark for anybody.",
  tags: ["focus-gateway", "teacher"],
  from: "now-50m",
  refresh: "10s",
  variables: [siteFrom("focus"), roomFrom("focus"), lessonOf],
  annotations,
  panels: [
    figure({
      title: "The class now",
      says: "Of the heads the camera could see in the last window, the share turned to where this activity expects them. It says where heads are turned, not what anybody thinks. “unknown” is not low: see the panel on what is going on.",
      unit: "percentunit",
      decimals: 0,
      targets: [rows(newest("focus"))],
      show: "/^focus$/",
      mappings: mapUnknown(),
      steps: [[null, COLOURS.focus]],
      since: FRESH,
      size: 170,
      width: 12,
      height: 9,
    }),
    figure({
      title: "Most likely between",
      says: "How far off the number may be: the 95 % interval. Treat numbers within it as the same. Unknown whenever the number is.",
      unit: "percentunit",
      decimals: 0,
      targets: [rows(newest("low", "high"))],
      show: "/^(low|high)$/",
      since: FRESH,
      size: 60,
      width: 4,
      height: 9,
    }),
    figure({
      title: "What is going on",
      says: "What the class is doing, as you told the gateway, and whether there is a number: Paused, No camera, Not shown (the group is too small to speak about) and Not sure (too few seen) all mean that nothing is known, and never that focus is low.",
      unit: "string",
      none: NO_NEWS,
      targets: [rows(newest("activity", "quality"))],
      show: "/^(activity|quality)$/",
      mappings: mapWords({ ...ACTIVITY_LOOKS, ...QUALITY_LOOKS }),
      since: FRESH,
      width: 8,
      height: 9,
    }),
    figure({
      title: "What to try now",
      says: "An idea from the mean of the last five minutes, and no more than that: you know your class. Minutes of an exam or a break do not count.",
      unit: "string",
      none: "Nothing to suggest",
      targets: [
        rows(
          from("focus")
            .select(mean("focus").as("focus"))
            .where(isNoneOf("activity", ["exam", "break"]), ...HERE),
        ),
      ],
      show: "/^focus$/",
      mappings: mapRanges(IDEAS, "Nothing to suggest"),
      since: "5m",
      width: 12,
      height: 4,
    }),
    figure({
      title: "Suggested",
      says: "The last thing that one of your school's flows, or a tutoring system, would like you to see, of the last ten minutes. It changes nothing by itself.",
      unit: "string",
      none: "Nothing",
      targets: [
        rows(
          from("event")
            .select(column("text"), column("count"))
            .where(isOneOf("kind", ["notice", "suggestion"]), ...HERE)
            .newest(1),
        ),
      ],
      show: "/^text$/",
      since: AIR,
      width: 12,
      height: 4,
    }),
    focusCourse(from("focus").where(OF_LESSON, ...HERE), {
      title: "The lesson so far",
      says: "The line is the number, the pale band its interval, both averaged over each point's stretch of time. A gap is time about which nothing is known. Lines through the chart are marks, changes of activity, and where focus dropped or came back.",
      width: 24,
      height: 8,
      interval: "20s",
    }),
    bands({
      title: "What was going on",
      says: "What the class was doing, and when there was a number. Grey stretches are unknown: paused, no camera, group too small, too few seen. Nothing at all means that nothing was heard.",
      unit: "string",
      none: NO_NEWS,
      targets: [
        rows(
          from("focus")
            .select(column("activity"), column("quality"))
            .where(OF_LESSON, ...HERE),
        ),
      ],
      silence: 120_000,
      mappings: mapWords({ ...ACTIVITY_LOOKS, ...QUALITY_LOOKS }),
      width: 24,
      height: 4,
    }),
    gauges({
      title: "What the room attends to",
      says: "Shares of heads turned to each, in the last window. They make up the whole. Unknown when the number is.",
      unit: "percentunit",
      decimals: 0,
      min: 0,
      max: 1,
      targets: [rows(newest(...TARGETS.map((target) => `targets_${target}`)))],
      show: "/^targets_/",
      colours: Object.fromEntries(
        TARGETS.map((target) => [`targets_${target}`, TARGET_LOOKS[target].colour]),
      ),
      fields: Object.fromEntries(
        TARGETS.map((target) => [
          `targets_${target}`,
          [{ id: "displayName", value: TARGET_LOOKS[target].word }],
        ]),
      ),
      since: FRESH,
      width: 8,
      height: 8,
    }),
    figure({
      title: "How much was seen",
      says: "Share of the expected heads that the camera saw in the last window. With little of it, the number is left out.",
      unit: "percentunit",
      decimals: 0,
      targets: [rows(newest("coverage"))],
      show: "/^coverage$/",
      since: FRESH,
      size: 60,
      width: 4,
      height: 8,
    }),
    figure({
      title: "Air",
      says: "Carbon dioxide, mean of ten minutes over the room's sensors: fresh below 1000 ppm, stuffy from there, time to air from 1400 ppm. This is about comfort; no cause of attention is claimed.",
      unit: "ppm",
      targets: [rows(measured("co2"))],
      show: "/^co2$/",
      none: "no sensor heard",
      mappings: mapRanges(AIR_BANDS, "no sensor heard"),
      since: AIR,
      width: 6,
      height: 8,
    }),
    figure({
      title: "Sound",
      says: "Sound level, mean of ten minutes: quiet below 50 dB, lively to 65 dB, loud from there. Group work is meant to be lively.",
      unit: "dB",
      targets: [rows(measured("noise"))],
      show: "/^noise$/",
      none: "no sensor heard",
      mappings: mapRanges(NOISE_BANDS, "no sensor heard"),
      since: AIR,
      width: 6,
      height: 8,
    }),
    airCourse({
      title: "Air over the lesson",
      says: "Carbon dioxide, averaged over each point's stretch of time. The dashed lines are where it gets stuffy (1000 ppm) and where to air (1400 ppm).",
      width: 24,
      height: 6,
    }),
  ],
};
