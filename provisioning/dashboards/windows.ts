import type { Quantity } from "../../gateway/sense/quantities.ts";
import type { About } from "../about.ts";
import { count, from, is, mean, type Select } from "../influxql.ts";
import { COLOURS, NO_NEWS, QUALITIES, QUALITY_LOOKS, TARGET_LOOKS, TARGETS } from "../look.ts";
import { lines } from "../panels.ts";
import { reliable } from "../readings.ts";
import { series } from "../target.ts";
import { HERE } from "../variables.ts";

/** Charts that stand on several pages, each told what it is about and of which windows. */
type Told = Pick<About, "title" | "says" | "width" | "height"> & Partial<About>;

/** Focus with its interval over time. */
export const focusCourse = (windows: Select, told: Told) =>
  lines({
    unit: "percentunit",
    decimals: 0,
    min: 0,
    max: 1,
    targets: [
      series(
        windows
          .select(mean("focus").as("focus"), mean("low").as("low"), mean("high").as("high"))
          .every("$__interval"),
      ),
    ],
    colours: { focus: COLOURS.focus },
    band: { low: "low", high: "high" },
    interval: "1m",
    ...told,
  });

/** What heads were turned to, one share above the other. */
export const targetShares = (windows: Select, told: Told) =>
  lines({
    unit: "percentunit",
    decimals: 0,
    min: 0,
    max: 1,
    targets: [
      series(
        windows
          .select(...TARGETS.map((target) => mean(`targets_${target}`).as(TARGET_LOOKS[target].word)))
          .every("$__interval"),
      ),
    ],
    colours: coloursOf(TARGET_LOOKS),
    stacked: "normal",
    interval: "1m",
    ...told,
  });

/** How many windows could say something, and why the others could not. */
export const windowsByQuality = (windows: Select, told: Told) =>
  lines({
    unit: "none",
    none: NO_NEWS,
    targets: QUALITIES.map((quality) =>
      series(
        windows
          .select(count("window_s").as(QUALITY_LOOKS[quality].word))
          .where(is("quality", quality))
          .every("$__interval", "0"),
        { refId: quality },
      ),
    ),
    colours: coloursOf(QUALITY_LOOKS),
    stacked: "normal",
    bars: true,
    interval: "1m",
    ...told,
  });

/** A quantity, mean over the room's sensors that can be relied on. */
export const measured = (quantity: Quantity): Select =>
  from("environment")
    .select(mean("value").as(quantity))
    .where(is("quantity", quantity), reliable, ...HERE);

/** Carbon dioxide over time, with the bounds of comfort. */
export const airCourse = (told: Told) =>
  lines({
    unit: "ppm",
    none: "no sensor heard",
    targets: [series(measured("co2").every("$__interval"))],
    colours: { co2: COLOURS.focus },
    steps: [
      [null, COLOURS.calm],
      [1000, COLOURS.mild],
      [1400, COLOURS.strong],
    ],
    threshold: true,
    interval: "1m",
    ...told,
  });

const coloursOf = (looks: Readonly<Record<string, { readonly word: string; readonly colour: string }>>) =>
  Object.fromEntries(Object.values(looks).map(({ word, colour }) => [word, colour]));
