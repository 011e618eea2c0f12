import { count, endOfRange, from, last, picked } from "../influxql.ts";
import { COLOURS, mapRanges } from "../look.ts";
import { table } from "../panels.ts";
import { rows } from "../target.ts";
import { HERE } from "../variables.ts";

const health = () => from("gateway_health").where(...HERE);

/** A gateway reports every ten seconds: one that has not for two minutes is not there. */
const SILENT = "2m";

const ONLINE = mapRanges([[1, "online", COLOURS.fine]], "offline");

/** Every room in a row: two answers, what each gateway last said and which report now, joined by site and room. */
export const allRooms = table({
  title: "All rooms",
  says: "A row for each gateway that was heard in the time that is shown. Offline: no report in the last two minutes of it; the values are then its last ones. Provider and model are those of the last two minutes. Click a room for its details.",
  unit: "none",
  none: "–",
  targets: [
    rows(
      health()
        .select(
          last("version").as("version"),
          last("uptime_s").as("up for"),
          last("frame_age_s").as("picture age"),
          last("spool_depth").as("waiting"),
          last("disk_free_mb").as("disk free"),
          last("temperature_c").as("temperature"),
        )
        .by("site", "room"),
    ),
    rows(
      from("gateway_health")
        .select(count("uptime_s").as("reports"))
        .where(picked("site"), picked("room"), endOfRange(SILENT))
        .by("site", "room", "provider", "model"),
      { refId: "B" },
    ),
  ],
  transformations: [
    { id: "organize", options: { excludeByName: { Time: true } } },
    { id: "merge", options: {} },
    {
      id: "organize",
      options: {
        indexByName: Object.fromEntries(
          [
            "site",
            "room",
            "reports",
            "version",
            "provider",
            "model",
            "picture age",
            "waiting",
            "disk free",
            "temperature",
            "up for",
          ].map((name, index) => [name, index]),
        ),
        renameByName: { reports: "state" },
      },
    },
  ],
  fields: {
    room: [
      {
        id: "links",
        value: [
          {
            title: "This room's gateway",
            // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
            url: "/d/focus-it-room?var-site=${__data.fields.site:percentencode}&var-room=${__data.fields.room:percentencode}",
          },
        ],
      },
    ],
    state: [
      { id: "mappings", value: ONLINE },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
    "up for": [{ id: "unit", value: "s" }],
    "picture age": [
      { id: "unit", value: "s" },
      { id: "thresholds", value: bound(60) },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
    waiting: [
      { id: "thresholds", value: bound(100) },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
    "disk free": [
      { id: "unit", value: "decmbytes" },
      { id: "thresholds", value: bound(1024, true) },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
    temperature: [
      { id: "unit", value: "celsius" },
      { id: "thresholds", value: bound(85) },
      { id: "custom.cellOptions", value: { type: "color-text" } },
    ],
  },
  width: 24,
  height: 10,
});

/** Coloured beyond the bound, or below it. */
function bound(value: number, badBelow = false) {
  const [low, high] = badBelow ? [COLOURS.strong, "text"] : ["text", COLOURS.strong];
  return {
    mode: "absolute",
    steps: [
      { value: null, color: low },
      { value, color: high },
    ],
  };
}
