import { beginsWith, count, from, is, isNoneOf, last, max, mean, sum } from "../influxql.ts";
import { byRoom, HOUR_S, MINUTE_S, WHERE } from "./room.ts";
import type { Rule } from "./rule.ts";

const health = () => byRoom(from("gateway_health"));

/** For IT: machines. Nothing in these is about people. */
export const MACHINES: readonly Rule[] = [
  {
    uid: "focus-gateway-offline",
    title: "Gateway offline",
    audience: "it",
    severity: "critical",
    schoolHours: true,
    summary: `The gateway of ${WHERE} is not heard`,
    advice:
      "No report came for five minutes, of one every ten seconds. See whether the machine is on and reaches the broker. What it measures waits on its disk.",
    // A room that has fallen silent has no row any more, and what has no row cannot alert. So half a day is asked, and the
    // stretches in which a known room said nothing count as 0.
    ask: { A: { query: health().select(count("uptime_s")).every("5m", "0"), seconds: 12 * HOUR_S } },
    compute: { B: { reduce: "A", to: "last" }, C: { of: "B", below: 1 } },
    // The last stretch of time has only just begun at some evaluations.
    holds: "2m",
    noData: "Alerting",
    // That is the database's fault, and the rule on the database says so.
    noAnswer: "OK",
    see: { page: "focus-it-fleet", panel: "Online" },
  },
  {
    uid: "focus-no-camera",
    title: "No camera",
    audience: "it",
    severity: "critical",
    summary: `No camera of ${WHERE} delivers pictures`,
    advice:
      "See to its cable, power and network; the gateway tries it again by itself. A pause does not count.",
    ask: {
      A: {
        query: byRoom(from("focus").select(sum("window_s")).where(is("quality", "no_camera"))),
        seconds: 3 * MINUTE_S,
      },
    },
    compute: { B: { reduce: "A", to: "last" }, C: { of: "B", above: 60 } },
    holds: "1m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "Cameras" },
  },
  {
    uid: "focus-camera-stale",
    title: "Camera stale",
    audience: "it",
    severity: "warning",
    summary: `The last picture of a camera of ${WHERE} is old`,
    advice:
      "For more than a minute no picture of one of its cameras was looked at, and the room is not paused. See the room's page for which.",
    ask: {
      A: { query: health().select(last("frame_age_s")), seconds: 2 * MINUTE_S },
      // A paused room closes its cameras: its pictures are old because they should be. It then has no row here.
      B: {
        query: byRoom(
          from("focus")
            .select(sum("window_s"))
            .where(isNoneOf("quality", ["paused"])),
        ),
        seconds: 2 * MINUTE_S,
      },
    },
    compute: {
      C: { reduce: "A", to: "last" },
      D: { reduce: "B", to: "last" },
      E: { math: "$C > 60 && $D > 0" },
      F: { of: "E", above: 0 },
    },
    holds: "1m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "Pictures" },
  },
  {
    uid: "focus-provider-fell-back",
    title: "Provider fell back",
    audience: "it",
    severity: "warning",
    summary: `The gateway of ${WHERE} runs its networks on the processor, and ran them on the GPU before`,
    advice:
      "Slower, but right. The gateway's log names what does not run and why; driver updates are the usual cause.",
    ask: {
      A: {
        query: health()
          .select(count("uptime_s"))
          .where(beginsWith("provider", ["cuda:", "tensorrt:"])),
        seconds: 24 * HOUR_S,
      },
      B: {
        query: health()
          .select(count("uptime_s"))
          .where(beginsWith("provider", ["cpu:"])),
        seconds: 5 * MINUTE_S,
      },
    },
    // A room that has never had a GPU has no row in A, and so no alert.
    compute: {
      C: { reduce: "A", to: "last" },
      D: { reduce: "B", to: "last" },
      E: { math: "$C > 0 && $D > 0" },
      F: { of: "E", above: 0 },
    },
    holds: "0s",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "What ran the networks" },
  },
  {
    uid: "focus-spool-growing",
    title: "Spool growing",
    audience: "it",
    severity: "warning",
    summary: `Messages of ${WHERE} pile up on its disk`,
    advice:
      "A hundred more than the least of the last quarter of an hour wait for the broker. Nothing is lost yet. See whether the broker keeps up. (With the broker away altogether, the gateway counts as offline.)",
    ask: { A: { query: health().select(mean("spool_depth")).every("1m", "none"), seconds: 15 * MINUTE_S } },
    compute: {
      B: { reduce: "A", to: "last" },
      C: { reduce: "A", to: "min" },
      D: { math: "$B - $C" },
      E: { of: "D", above: 100 },
    },
    holds: "5m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "What waits" },
  },
  {
    uid: "focus-database-refusing",
    title: "Database refusing",
    audience: "it",
    severity: "critical",
    summary:
      "The database does not take or give data{{ if $labels.room }}: {{ $labels.site }} {{ $labels.room }}{{ end }}",
    advice:
      "It refused points for good (they are in dead-letters.jsonl), or went without some, or a thousand points wait for it, or it does not answer Grafana. See its log, its disk and its tokens; `focus-gateway doctor` asks it.",
    ask: {
      A: {
        query: health().select(max("sinks_influx_refused").growth()).every("1m", "none"),
        seconds: 15 * MINUTE_S,
      },
      B: {
        query: health().select(max("sinks_influx_lost").growth()).every("1m", "none"),
        seconds: 15 * MINUTE_S,
      },
      C: { query: health().select(last("sinks_influx_backlog")), seconds: 5 * MINUTE_S },
    },
    compute: {
      D: { reduce: "A", to: "sum" },
      E: { reduce: "B", to: "sum" },
      F: { reduce: "C", to: "last" },
      G: { math: "$D > 0 || $E > 0 || $F > 1000" },
      H: { of: "G", above: 0 },
    },
    holds: "2m",
    noData: "OK",
    noAnswer: "Alerting",
    see: { page: "focus-it-room", panel: "What was lost or put aside" },
  },
  {
    uid: "focus-disk",
    title: "Disk nearly full",
    audience: "it",
    severity: "warning",
    summary: `Less than 1 GB of disk is left to the gateway of ${WHERE}`,
    advice:
      "On a full disk nothing is promised that is not written. Make room, or let it keep fewer days (record.keep).",
    ask: { A: { query: health().select(last("disk_free_mb")), seconds: 10 * MINUTE_S } },
    compute: { B: { reduce: "A", to: "last" }, C: { of: "B", below: 1024 } },
    holds: "10m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "Disk free over time" },
  },
  {
    uid: "focus-certificate",
    title: "A certificate runs out",
    audience: "it",
    severity: "warning",
    summary: `In less than 30 days a certificate runs out on which the gateway of ${WHERE} depends`,
    advice:
      "`focus-gateway doctor` says which one, `focus-gateway setup` renews it where it was made, and docs/it.md says how to hand it over.",
    ask: { A: { query: health().select(last("certificate_days")), seconds: 10 * MINUTE_S } },
    compute: { B: { reduce: "A", to: "last" }, C: { of: "B", below: 30 } },
    holds: "10m",
    noData: "OK",
    noAnswer: "OK",
    see: { page: "focus-it-room", panel: "What it says of itself" },
  },
];
