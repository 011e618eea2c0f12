import type { DynamicConfigValue } from "@grafana/grafana-foundation-sdk/dashboard";
import { column, from, mean, type Select } from "../influxql.ts";
import { COLOURS, mapUnknown } from "../look.ts";
import type { Page } from "../page.ts";
import { distribution, lines, note, table } from "../panels.ts";
import { reliable } from "../readings.ts";
import { rows, series } from "../target.ts";
import { annotations, HERE, lessonOf, OF_LESSON, roomFrom, siteFrom } from "../variables.ts";
import { madeBy } from "./made.ts";
import { weekdayByHour } from "./weekday.ts";
import { focusCourse, targetShares, windowsByQuality } from "./windows.ts";

const windows = () => from("focus").where(OF_LESSON, ...HERE);
const over = (query: Select) => query.every("$__interval");
const EXPORT = `**Rows, not pictures.** Any panel: *Inspect → Data → Download CSV* gives what it shows. For the windows themselves,
with every column explained in \`docs/data.md\`:

- \`focus-gateway query "SELECT * FROM focus WHERE quality = 'ok'" --format csv > focus.csv\`
- Parquet, one folder a day: \`days/2026-11-23/focus.parquet\` in the gateway's data folder
- \`influx -database focus -format csv -execute "SELECT * FROM focus WHERE time > now() - 1d"\`

A missing number means *unknown*. Do not fill it with zero; look at \`quality\` and \`coverage\` before averaging.`;

/** For those who study it: every field, how sure it is, how much of it there is, and what made it. */
export const research: Page = {
  uid: "focus-research",
  title: "Research",
  says: "Every field with its coverage and interval, how values are distributed, and which model, provider and version made them. Several rooms are pooled, never set against each other.",
  tags: ["focus-gateway", "research"],
  from: "now-7d",
  refresh: "",
  variables: [siteFrom("focus", true), roomFrom("focus", true), lessonOf],
  annotations,
  panels: [
    "What was measured",
    focusCourse(windows(), {
      title: "Focus and its interval",
      says: "Mean of focus, and of the lower and upper ends of the windows' 95 % intervals, over each point's stretch of time. The band is that of a typical window: the interval of the mean is narrower. A gap is unknown.",
      width: 24,
      height: 9,
    }),
    lines({
      title: "Coverage and heads",
      says: "Coverage: share of the expected head-time that was seen (left). Heads seen and expected (right). Coverage is there for windows with low coverage too.",
      unit: "percentunit",
      min: 0,
      targets: [
        series(
          over(
            windows().select(
              mean("coverage").as("coverage"),
              mean("heads").as("heads"),
              mean("expected").as("expected"),
            ),
          ),
        ),
      ],
      colours: { coverage: COLOURS.focus, heads: COLOURS.fine, expected: COLOURS.unknown },
      fields: { heads: heads(), expected: heads() },
      interval: "1m",
      width: 12,
      height: 8,
    }),
    targetShares(windows(), {
      title: "Targets",
      says: "Shares of heads on each target, one above the other; they sum to 1 wherever they are known.",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Turns a minute",
      says: "Turns from one target to another, a head and minute. Mean over each point's stretch of time.",
      unit: "none",
      decimals: 1,
      min: 0,
      targets: [series(over(windows().select(mean("shifts_per_min").as("shifts"))))],
      colours: { shifts: COLOURS.focus },
      interval: "1m",
      width: 12,
      height: 7,
    }),
    lines({
      title: "On the same thing",
      says: "Synchrony: the probability that two heads picked at random are turned to the same target at the same moment.",
      unit: "percentunit",
      min: 0,
      max: 1,
      targets: [series(over(windows().select(mean("synchrony").as("synchrony"))))],
      colours: { synchrony: COLOURS.focus },
      interval: "1m",
      width: 12,
      height: 7,
    }),
    lines({
      title: "Zones",
      says: "Focus in each zone that holds the minimum group, where zones are set up. A zone is a part of a room, not a group of people; zones of the same name in several rooms are pooled.",
      unit: "percentunit",
      min: 0,
      max: 1,
      none: "no zones",
      targets: [
        series(
          from("zone_focus")
            .select(mean("focus").as("focus"))
            .where(OF_LESSON, ...HERE)
            .by("zone")
            .every("$__interval"),
          { alias: "$tag_zone" },
        ),
      ],
      interval: "1m",
      width: 24,
      height: 7,
    }),
    "How it is distributed, and how much is known",
    distribution({
      title: "Distribution of focus",
      says: "How often each value occurred: means of whole minutes, in steps of 5 points. Unknown minutes are in none of the bars.",
      unit: "percentunit",
      targets: [series(windows().select(mean("focus").as("focus")).every("1m", "none"))],
      bucket: 0.05,
      width: 8,
      height: 9,
    }),
    table({
      title: "Weekday by hour",
      says: "Mean of focus by weekday (1 is Monday) and hour, in the viewer's time zone: means of hours, so that a long lesson weighs no more than a short one. An empty cell is unknown. One class over the week, not classes against each other.",
      unit: "percentunit",
      decimals: 0,
      min: 0,
      max: 1,
      none: "",
      mappings: mapUnknown(""),
      targets: [
        rows(windows().select(mean("focus").as("focus")).every("1h", "none"), { refId: "A" }),
        rows(windows().select(mean("focus").as("focus")).every("1h", "none"), { refId: "B" }),
      ],
      transformations: weekdayByHour,
      // One hue from light to dark: order can be seen with every kind of colour vision, and in print.
      steps: [
        [null, "#f1f6fb"],
        [0.2, "#d0e3f2"],
        [0.4, "#a3c9e5"],
        [0.55, "#6fa9d4"],
        [0.7, "#3a87c0"],
        [0.85, "#0072b2"],
      ],
      coloured: true,
      width: 16,
      height: 9,
    }),
    windowsByQuality(windows(), {
      title: "What is known, and what is not",
      says: "Windows of each quality in each stretch of time. Only those that are ok have numbers. Where there is no bar, nothing was recorded.",
      width: 24,
      height: 7,
    }),
    "What made it",
    ...madeBy(windows()),
    "Around it",
    lines({
      title: "Surroundings",
      says: "Every quantity that sensors measure, means over each point's stretch of time, of measurements with quality ok or low_battery. Units are in the names.",
      unit: "none",
      none: "no sensor heard",
      targets: [
        series(
          from("environment")
            .select(mean("value").as("value"))
            .where(reliable, ...HERE)
            .by("site", "room", "device", "quantity", "unit")
            .every("$__interval"),
          { alias: "$tag_quantity $tag_unit · $tag_site $tag_room $tag_device" },
        ),
      ],
      interval: "1m",
      width: 12,
      height: 9,
    }),
    table({
      title: "Events",
      says: "What happened, the latest first. A mark's text is free text and may hold personal data: treat it so.",
      unit: "none",
      none: "–",
      targets: [
        rows(
          from("event")
            .select(
              column("site"),
              column("room"),
              column("kind"),
              column("activity"),
              column("text"),
              column("focus"),
              column("usual"),
              column("count"),
            )
            .where(...HERE)
            .newest(1000),
        ),
      ],
      transformations: [{ id: "organize", options: { excludeByName: { count: true } } }],
      width: 12,
      height: 9,
    }),
    note({
      title: "Getting at the data",
      says: "How to take the rows elsewhere.",
      text: EXPORT,
      width: 24,
      height: 7,
    }),
  ],
};

function heads(): DynamicConfigValue[] {
  return [
    { id: "unit", value: "none" },
    { id: "custom.axisPlacement", value: "right" },
  ];
}
