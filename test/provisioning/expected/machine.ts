import { expect } from "vitest";
import { QUALITIES } from "../../../gateway/terms.ts";
import { QUALITY_LOOKS } from "../../../provisioning/look.ts";
import { at, type Published } from "../day.ts";
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
  max,
  mean,
  type Summary,
  sum,
} from "./check.ts";

const one = (site: string, room: string, to = "09:30"): Situation => ({
  from: at("07:50"),
  to: at(to),
  variables: { site, room },
});
const HERE = one("north", "101");
const SILENT = one("north", "102");

const said = (
  published: readonly Published[],
  what: string,
  { variables }: Situation,
  { from, to }: Answer,
) => find(published, { what, from, to, site: variables.site as string, room: variables.room as string });

const eachOf = (check: (situation: Situation) => Check) =>
  [HERE, SILENT].map((situation) => [situation, check(situation)] as const);
const figure = (columns: Readonly<Record<string, Summary>>) =>
  eachOf(
    (situation) => (answer, published) =>
      expectFigures(answer.series.A, said(published, "health", situation, answer), columns),
  );
const course = (columns: Readonly<Record<string, Summary>>) =>
  eachOf(
    (situation) => (answer, published) =>
      expectCourse(answer.series.A![0], said(published, "health", situation, answer), answer, columns),
  );

export const machine: Expected = {
  "Reports in two minutes": [
    [
      HERE,
      (answer, published) =>
        expectFigures(answer.series.A, said(published, "health", HERE, answer), {
          reports: count("uptime_s"),
        }),
    ],
    [SILENT, ({ series }) => expect(series.A).toEqual([])],
  ],
  Version: figure({ version: last("version") }),
  "Up for": figure({ up: last("uptime_s") }),
  "Disk free": figure({ free: last("disk_free_mb") }),
  Temperature: figure({ temperature: last("temperature_c") }),
  "Time without a camera": [
    [
      HERE,
      (answer, published) => {
        const blind = said(published, "focus", HERE, answer).filter(
          ({ body }) => body.quality === "no_camera",
        );
        expect(blind).toHaveLength(6);
        expectFigures(answer.series.A, blind, { blind: sum("window_s") });
      },
    ],
    [SILENT, ({ series }) => expect(series.A).toEqual([])],
  ],
  Cameras: course({ last_cameras_back: last("cameras.back"), last_cameras_front: last("cameras.front") }),
  Sensors: course({ last_sensors_co2_1: last("sensors.co2-1") }),
  "What it says of itself": [one("north", "101", "08:43"), HERE, SILENT].map((situation) => [
    situation,
    (answer, published) => {
      const newest = said(published, "health", situation, answer).at(-1)!;
      expectFigures(answer.series.A, [newest], {
        model: last("model"),
        provider: last("provider"),
        shut: last("shut"),
        certificate_days: last("certificate_days"),
        audit: last("audit"),
      });
    },
  ]),
  "What ran the networks": eachOf((situation) => (answer, published) => {
    const providers = groupBy(said(published, "health", situation, answer), ({ body }) =>
      String(body.provider),
    );
    expect(Object.keys(providers)).toEqual(situation === HERE ? ["cuda:float16", "cpu:int8"] : ["cpu:int8"]);
    expectCourses(answer.series.A, ["provider"], providers, answer, { count: count("uptime_s") }, "0");
  }),
  "What windows could be made": [
    [
      HERE,
      (answer, published) => {
        for (const quality of QUALITIES) {
          const such = said(published, "focus", HERE, answer).filter(({ body }) => body.quality === quality);
          expectCourse(
            answer.series[quality]![0],
            such,
            answer,
            { [QUALITY_LOOKS[quality].word]: count("window_s") },
            "0",
          );
        }
      },
    ],
  ],
  Pictures: course({
    "pictures a second": mean("frames_per_second"),
    "age of the last": mean("frame_age_s"),
  }),
  "What waits": course({
    "for the broker": max("spool_depth"),
    "for the clock": max("held"),
    "for InfluxDB": max("sinks.influx.backlog"),
    "for the embedded store": max("sinks.embedded.backlog"),
  }),
  "What was lost or put aside": course({
    dropped: max("dropped"),
    "put aside": max("set_aside"),
    refused: max("sinks.influx.refused"),
    missed: max("sinks.influx.lost"),
    damaged: max("damaged"),
  }),
  "Disk free over time": course({ free: mean("disk_free_mb") }),
};
