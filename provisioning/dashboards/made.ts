import { count, from, last, type Select } from "../influxql.ts";
import { mapUnknown, NO_NEWS } from "../look.ts";
import { bands, lines } from "../panels.ts";
import { series } from "../target.ts";
import { HERE } from "../variables.ts";

/** Counts: where nothing was recorded, none. */
const counted = (query: Select) => query.every("$__interval", "0");

/** By which model, which provider and which version of the gateway windows were made. */
export const madeBy = (windows: Select) => [
  lines({
    title: "Models",
    says: "Windows that each model made. A change of model is a break in the series: do not average across it without a thought.",
    unit: "none",
    none: NO_NEWS,
    targets: [series(counted(windows.select(count("window_s")).by("model")), { alias: "$tag_model" })],
    stacked: "normal",
    bars: true,
    interval: "1m",
    width: 12,
    height: 7,
  }),
  lines({
    title: "Providers",
    says: "Windows by what ran the networks, with its precision.",
    unit: "none",
    none: NO_NEWS,
    targets: [series(counted(windows.select(count("window_s")).by("provider")), { alias: "$tag_provider" })],
    stacked: "normal",
    bars: true,
    interval: "1m",
    width: 12,
    height: 7,
  }),
  bands({
    title: "Versions of the gateway",
    says: "Which version of the program each room's gateway ran.",
    unit: "string",
    none: NO_NEWS,
    targets: [
      series(
        from("gateway_health")
          .select(last("version").as("version"))
          .where(...HERE)
          .by("site", "room")
          .every("$__interval"),
        { alias: "$tag_site $tag_room" },
      ),
    ],
    mappings: mapUnknown(NO_NEWS),
    interval: "1m",
    width: 24,
    height: 5,
  }),
];
