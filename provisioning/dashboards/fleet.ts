import { count, from, max, mean } from "../influxql.ts";
import { COLOURS, mapRanges, mapUnknown } from "../look.ts";
import type { Page } from "../page.ts";
import { bands, figure, lines } from "../panels.ts";
import { rows, series } from "../target.ts";
import { HERE, roomFrom, siteFrom } from "../variables.ts";
import { allRooms } from "./rooms.ts";

const health = () => from("gateway_health").where(...HERE);
const perRoom = (field: string) =>
  series(health().select(mean(field).as(field)).by("site", "room").every("$__interval"), {
    alias: "$tag_site $tag_room",
  });

/** For IT: which gateways are there, and which want something. Nothing on it is about people. */
export const fleet: Page = {
  uid: "focus-it-fleet",
  title: "All gateways",
  says: "Every room's gateway at a glance. How machines do, and nothing about people.",
  tags: ["focus-gateway", "it"],
  from: "now-6h",
  refresh: "30s",
  variables: [siteFrom("gateway_health", true), roomFrom("gateway_health", true)],
  panels: [
    allRooms,
    bands({
      title: "Online",
      says: "When each gateway reported. Offline: not one report in that stretch of time.",
      unit: "none",
      targets: [
        series(health().select(count("uptime_s")).by("site", "room").every("$__interval", "0"), {
          alias: "$tag_site $tag_room",
        }),
      ],
      mappings: [
        ...mapRanges(
          [
            [0, "offline", COLOURS.strong],
            [1, "online", COLOURS.fine],
          ],
          "offline",
        ),
      ],
      interval: "1m",
      width: 24,
      height: 7,
    }),
    lines({
      title: "Age of the last picture",
      says: "Seconds since a picture was last looked at, of the camera furthest behind, mean over each point's stretch of time. It grows in a pause too, as cameras are closed then.",
      unit: "s",
      min: 0,
      targets: [perRoom("frame_age_s")],
      interval: "1m",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Pictures a second",
      says: "Pictures looked at, all cameras of the room together.",
      unit: "none",
      decimals: 1,
      min: 0,
      targets: [perRoom("frames_per_second")],
      interval: "1m",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Messages waiting for the broker",
      says: "How many messages lie in the spool on disk. They wait there while the broker is away, and nothing is lost; a line that keeps climbing wants attention.",
      unit: "none",
      min: 0,
      targets: [perRoom("spool_depth")],
      interval: "1m",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Points waiting for the database",
      says: "How many points lie in the journal for InfluxDB. They wait there while it is away; what is shown for such a time came afterwards.",
      unit: "none",
      min: 0,
      none: "not used",
      targets: [perRoom("sinks_influx_backlog")],
      interval: "1m",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Disk free",
      says: "What the gateway may still write in its data folder. Below 1 GB somebody should look.",
      unit: "decmbytes",
      min: 0,
      targets: [perRoom("disk_free_mb")],
      steps: [
        [null, COLOURS.strong],
        [1024, COLOURS.calm],
      ],
      threshold: true,
      interval: "1m",
      width: 12,
      height: 8,
    }),
    lines({
      title: "Temperature",
      says: "Of the hottest part of each machine; unknown where it has no sensor.",
      unit: "celsius",
      none: "no sensor",
      targets: [perRoom("temperature_c")],
      interval: "1m",
      width: 12,
      height: 8,
    }),
    figure({
      title: "Lost for good",
      says: "The most any chosen gateway counts since its start: messages dropped for want of disk, points a database never got, records damaged on disk. Should be 0.",
      unit: "none",
      names: true,
      targets: [
        rows(
          health().select(
            max("dropped").as("dropped"),
            max("sinks_influx_lost").as("database missed"),
            max("damaged").as("damaged"),
          ),
        ),
      ],
      show: "/^(dropped|database missed|damaged)$/",
      mappings: mapUnknown("–"),
      steps: [
        [null, COLOURS.fine],
        [1, COLOURS.strong],
      ],
      width: 12,
      height: 6,
    }),
    figure({
      title: "Put aside",
      says: "The most any chosen gateway counts since its start: messages the broker refused, messages that are not of the contract, points the database refused. They are kept, to be looked at. Should be 0.",
      unit: "none",
      names: true,
      targets: [
        rows(
          health().select(
            max("set_aside").as("broker refused"),
            max("refused").as("not understood"),
            max("sinks_influx_refused").as("database refused"),
          ),
        ),
      ],
      show: "/^(broker refused|not understood|database refused)$/",
      mappings: mapUnknown("–"),
      steps: [
        [null, COLOURS.fine],
        [1, COLOURS.mild],
      ],
      width: 12,
      height: 6,
    }),
  ],
};
