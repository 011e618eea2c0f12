import { column, count, from, is, last, lastOfAll, max, mean, type Select, sum } from "../influxql.ts";
import { CAMERA_LOOKS, COLOURS, mapUnknown, mapWords, NO_NEWS, SENSOR_LOOKS } from "../look.ts";
import type { Page } from "../page.ts";
import { bands, figure, lines, table } from "../panels.ts";
import { rows, series } from "../target.ts";
import { HERE, roomFrom, siteFrom } from "../variables.ts";
import { windowsByQuality } from "./windows.ts";

const health = () => from("gateway_health").where(...HERE);
const over = (query: Select) => series(query.every("$__interval"));
const report = (field: string, alias: string) => rows(health().select(last(field).as(alias)));

/** For IT: one room's gateway in detail. */
export const machine: Page = {
  uid: "focus-it-room",
  title: "One gateway",
  says: "One room's gateway in detail: cameras, sensors, provider, disk, and what waits or was put aside.",
  tags: ["focus-gateway", "it"],
  from: "now-6h",
  refresh: "30s",
  variables: [siteFrom("gateway_health"), roomFrom("gateway_health")],
  panels: [
    figure({
      title: "Reports in two minutes",
      says: "A gateway reports every ten seconds. None in two minutes: it is off, or cannot be reached.",
      unit: "none",
      none: "offline",
      targets: [rows(health().select(count("uptime_s").as("reports")))],
      show: "/^reports$/",
      since: "2m",
      size: 40,
      width: 4,
      height: 4,
    }),
    figure({
      title: "Version",
      says: "Of the gateway, as it last said.",
      unit: "string",
      none: NO_NEWS,
      targets: [report("version", "version")],
      show: "/^version$/",
      size: 40,
      width: 4,
      height: 4,
    }),
    figure({
      title: "Up for",
      says: "Time since the gateway started, as it last said.",
      unit: "s",
      none: NO_NEWS,
      targets: [report("uptime_s", "up")],
      show: "/^up$/",
      size: 40,
      width: 4,
      height: 4,
    }),
    figure({
      title: "Disk free",
      says: "What the gateway may still write. Below 1 GB somebody should look.",
      unit: "decmbytes",
      targets: [report("disk_free_mb", "free")],
      show: "/^free$/",
      steps: [
        [null, COLOURS.strong],
        [1024, COLOURS.fine],
      ],
      size: 40,
      width: 4,
      height: 4,
    }),
    figure({
      title: "Temperature",
      says: "Of the hottest part of the machine; unknown where it has no sensor.",
      unit: "celsius",
      none: "no sensor",
      targets: [report("temperature_c", "temperature")],
      show: "/^temperature$/",
      steps: [
        [null, COLOURS.fine],
        [75, COLOURS.mild],
        [85, COLOURS.strong],
      ],
      size: 40,
      width: 4,
      height: 4,
    }),
    figure({
      title: "Time without a camera",
      says: "Seconds of windows in which no camera delivered pictures, in the time that is shown. A pause does not count.",
      unit: "s",
      none: "none",
      targets: [
        rows(
          from("focus")
            .select(sum("window_s").as("blind"))
            .where(is("quality", "no_camera"), ...HERE),
        ),
      ],
      show: "/^blind$/",
      size: 40,
      width: 4,
      height: 4,
    }),
    bands({
      title: "Cameras",
      says: "The state of each camera, the last of each stretch of time. Nothing: no report.",
      unit: "string",
      none: NO_NEWS,
      targets: [over(health().select(lastOfAll("cameras_")))],
      mappings: mapWords(CAMERA_LOOKS),
      interval: "30s",
      width: 12,
      height: 5,
    }),
    bands({
      title: "Sensors",
      says: "The state of each sensor, the last of each stretch of time. Nothing: no report, or no sensors.",
      unit: "string",
      none: "no sensors",
      targets: [over(health().select(lastOfAll("sensors_")))],
      mappings: mapWords(SENSOR_LOOKS),
      interval: "30s",
      width: 12,
      height: 5,
    }),
    table({
      title: "What it says of itself",
      says: "The newest report: what says what heads attend to and what finds and reads the heads, who keeps the cameras shut and why (nothing while they may be open), for how many days the first certificate that runs out is still good, and the number and hash of the audit log's last entry. Compare the last with what you noted before: a log that was cut short no longer has it.",
      unit: "none",
      none: "–",
      targets: [
        rows(
          health()
            .select(
              column("model"),
              column("perception"),
              column("provider"),
              column("shut"),
              column("certificate_days"),
              column("audit"),
              column("uptime_s"),
            )
            .newest(1),
        ),
      ],
      transformations: [
        {
          id: "organize",
          options: {
            excludeByName: { uptime_s: true },
            renameByName: {
              shut: "cameras kept shut by",
              certificate_days: "days of certificate",
              audit: "audit log",
            },
          },
        },
      ],
      width: 24,
      height: 4,
    }),
    lines({
      title: "What ran the networks",
      says: "Reports by provider and precision. A change from cuda or tensorrt to cpu is a fall-back: the log says why.",
      unit: "none",
      none: NO_NEWS,
      targets: [
        series(health().select(count("uptime_s")).by("provider").every("$__interval", "0"), {
          alias: "$tag_provider",
        }),
      ],
      stacked: "normal",
      bars: true,
      interval: "1m",
      width: 12,
      height: 7,
    }),
    windowsByQuality(from("focus").where(...HERE), {
      title: "What windows could be made",
      says: "Windows of each quality: how much of the time the room could be spoken about, and why not.",
      width: 12,
      height: 7,
    }),
    lines({
      title: "Pictures",
      says: "Pictures looked at a second (left), and the age of the last one in seconds (right).",
      unit: "none",
      decimals: 1,
      min: 0,
      targets: [
        over(
          health().select(
            mean("frames_per_second").as("pictures a second"),
            mean("frame_age_s").as("age of the last"),
          ),
        ),
      ],
      colours: { "pictures a second": COLOURS.focus, "age of the last": COLOURS.mild },
      fields: {
        "age of the last": [
          { id: "unit", value: "s" },
          { id: "custom.axisPlacement", value: "right" },
        ],
      },
      interval: "30s",
      width: 12,
      height: 7,
    }),
    lines({
      title: "What waits",
      says: "Messages waiting for the broker, messages waiting for a clock that can be believed, and points waiting for each database. The most in each stretch of time.",
      unit: "none",
      min: 0,
      targets: [
        over(
          health().select(
            max("spool_depth").as("for the broker"),
            max("held").as("for the clock"),
            max("sinks_influx_backlog").as("for InfluxDB"),
            max("sinks_embedded_backlog").as("for the embedded store"),
          ),
        ),
      ],
      interval: "30s",
      width: 12,
      height: 7,
    }),
    lines({
      title: "What was lost or put aside",
      says: "Counted since the gateway's start. Dropped: no disk left. Put aside: the broker refused it. Refused: the database will never take it. Missed: the database was away too long. Damaged: on disk. All should be 0.",
      unit: "none",
      min: 0,
      targets: [
        over(
          health().select(
            max("dropped").as("dropped"),
            max("set_aside").as("put aside"),
            max("sinks_influx_refused").as("refused"),
            max("sinks_influx_lost").as("missed"),
            max("damaged").as("damaged"),
          ),
        ),
      ],
      interval: "30s",
      width: 12,
      height: 7,
    }),
    lines({
      title: "Disk free over time",
      says: "Megabytes that the gateway may still write. The dashed line is 1 GB.",
      unit: "decmbytes",
      min: 0,
      targets: [over(health().select(mean("disk_free_mb").as("free")))],
      colours: { free: COLOURS.focus },
      steps: [
        [null, COLOURS.strong],
        [1024, COLOURS.calm],
      ],
      threshold: true,
      mappings: mapUnknown(),
      interval: "30s",
      width: 12,
      height: 7,
    }),
  ],
};
