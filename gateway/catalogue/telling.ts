import { entry } from "./entry.ts";

/** What can go wrong on the way to the broker, the databases and the live page. */
export const telling = {
  // MQTT
  BROKER_UNREACHABLE: entry<{ url: string }>(
    1,
    (p) => `the MQTT broker at ${p.url} cannot be reached`,
    "Messages wait on disk and go out when it is back. Check `mqtt.url` and that the broker runs.",
  ),
  BROKER_REFUSED: entry<{ url: string; reason: string }>(
    1,
    (p) => `the MQTT broker at ${p.url} refuses the gateway: ${p.reason}`,
    "Check `mqtt.username` and `mqtt.password`. Messages wait on disk meanwhile.",
  ),
  MESSAGE_REFUSED: entry<{ topic: string; bytes: number }>(
    1,
    (p) =>
      `the broker hangs up whenever it is sent a message of ${p.bytes} bytes on ${p.topic}; it was set aside`,
    "It is kept in the spool's `quarantine`. Check the broker's limits (Mosquitto: `max_packet_size`) and its access list.",
  ),
  CONTROL_INVALID: entry<{ topic: string; problem: string }>(
    1,
    (p) => `a message on ${p.topic} was ignored: ${p.problem}`,
    "`docs/mqtt.md` shows what can be sent.",
  ),
  SPOOL_DAMAGED: entry<{ file: string; problem: string }>(
    1,
    (p) => `the spool file ${p.file} was damaged: ${p.problem}`,
    "What was whole is kept; the rest is set aside and counted. Check the disk.",
  ),
  SPOOL_OVERFLOW: entry<{ kind: string; maximumMegabytes: number }>(
    1,
    (p) => `the spool has reached its ${p.maximumMegabytes} MB; messages about ${p.kind} are being dropped`,
    "The oldest of the least important go first, and are counted. Bring the broker back, or raise `spool.maximumMegabytes`.",
  ),
  SPOOL_UNWRITABLE: entry<{ folder: string; problem: string }>(
    1,
    (p) => `the spool in ${p.folder} cannot be written: ${p.problem}`,
    "Check the disk and the rights of the gateway's user; the gateway goes on by itself once it can write.",
  ),
  DISK_FULL: entry<{ folder: string }>(
    1,
    (p) => `no space left for ${p.folder}`,
    "Free some disk; the gateway goes on by itself.",
  ),

  // Storage
  STORE_LOCKED: entry<{ file: string }>(
    1,
    (p) => `the embedded store ${p.file} is in use by another process`,
    "Close the program that holds it (another gateway, or a DuckDB shell).",
  ),
  STORE_MISSING: entry<{ file: string }>(
    1,
    (p) => `there is no embedded store at ${p.file} yet`,
    "Start the gateway once (`focus-gateway run`), or name its config with --config.",
  ),
  STORE_DAMAGED: entry<{ file: string; problem: string }>(
    1,
    (p) => `the embedded store ${p.file} is damaged: ${p.problem}`,
    "The gateway moves it aside, as `store.duckdb.damaged-…`, and goes on with a new one. Check the disk.",
  ),
  STORE_UNREADABLE: entry<{ file: string; problem: string }>(
    1,
    (p) => `the embedded store ${p.file} cannot be opened: ${p.problem}`,
    "Check the disk and the rights of the gateway's user. The file is left as it is; recording waits in the journal.",
  ),
  QUERY_INVALID: entry<{ problem: string }>(
    2,
    (p) => `the query failed: ${p.problem}`,
    "The tables are focus, zone_focus, environment, event and gateway_health; only reading is allowed.",
  ),
  INFLUX_UNREACHABLE: entry<{ url: string }>(
    1,
    (p) => `InfluxDB at ${p.url} cannot be reached`,
    "Points wait and are written when it is back. Check `record.influx.url`.",
  ),
  INFLUX_REFUSED: entry<{ url: string; status: number }>(
    1,
    (p) => `InfluxDB at ${p.url} refuses to take points (HTTP ${p.status})`,
    "Check database or bucket, and user or token, under `record.influx`.",
  ),

  // Showing
  LIVE_PAGE_FAILED: entry<{ problem: string }>(
    1,
    (p) => `the live page did not start: ${p.problem}`,
    "The gateway goes on without it and tries again; `show.live` holds its settings.",
  ),
  FLOWS_LEFT_OUT: entry<{ times: number; problem: string }>(
    1,
    (p) =>
      `the process that runs the flows ended ${p.times} times (${p.problem}); the school's own flows were switched off`,
    "The live page and the gateway's own flows go on. Mend the flow in the editor and enable its tab; `docs/flows.md` says more.",
  ),
} as const;
