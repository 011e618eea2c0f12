import { entry } from "./entry.ts";

/** What keeps a command from beginning: its config, and what it is given. */
export const beginning = {
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
    "Stop the other program (another gateway?), or set that key to another port, in a config of your own: `focus-gateway config example` prints one.",
  ),
  ADDRESS_UNUSABLE: entry<{ host: string; port: number; problem: string }>(
    2,
    (p) => `cannot listen on ${p.host}:${p.port}: ${p.problem}`,
    "Take an address that this machine has, and a port that its user may open: from 1024 on.",
  ),
  PATH_UNUSABLE: entry<{ path: string; problem: string }>(
    2,
    (p) => `cannot use ${p.path}: ${p.problem}`,
    "Check the path, and that this user has the rights there.",
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
} as const;
