import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { openTerminal, tell } from "./commands/terminal.ts";
import { failure, GatewayError, reason } from "./errors.ts";
import { version } from "./version.ts";

/**
 * Parses the command, runs it, and maps what came of it to an exit code: 0 done, 2 bad usage or config, 1 failure.
 * Every command lives in its own file under `commands/` and is loaded only when it is asked for.
 */
const program = new Command("focus-gateway")
  .description(
    "A private-by-construction focus gateway for one classroom: cameras and sensors in, room-level attention out.",
  )
  .version(version)
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })
  .showSuggestionAfterError()
  .addHelpText(
    "after",
    "\nStart with `focus-gateway run`: a simulated classroom, with nothing to configure.",
  );

const configOption = () =>
  new Option("-c, --config <file>", "the gateway's config; the demo's when left out");
const jsonOption = () =>
  new Option("--json", "machine-readable lines on standard output, and nothing else there");

program
  .command("run")
  .description(
    "run the gateway; without a config, the demo: simulated classroom, embedded broker and store, live page",
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    "\nStop it with Ctrl-C. `focus-gateway config example` prints a config to start from.",
  )
  .action(async ({ config, json }) => (await import("./commands/run.ts")).run(openTerminal(json), config));

program
  .command("analyse")
  .description("pictures, folders of pictures or video files: what the room attends to, a line a window")
  .argument("<path...>", "pictures, folders of pictures, video files")
  .option("--views", "a line a frame instead: faces and their angles")
  .option("--explain", "with each window of a film: which seconds and which signals decided")
  .option(
    "--fps <n>",
    "take the pictures of a folder as a film with so many a second; sample video at this rate (2)",
    positive,
  )
  .option(
    "--activity <activity>",
    "what the class is doing: lecture, seatwork, group, exam or break",
    "lecture",
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    `
Pictures are windows of their own unless --fps says that they belong together. Groups below the minimum come out as
suppressed, as they would from the gateway; --views shows the faces that were found, for checking a camera's place.

  focus-gateway analyse lesson.mp4
  focus-gateway analyse photos/ --views --json`,
  )
  .action(async (paths, options) =>
    (await import("./commands/analyse.ts")).analyse(openTerminal(options.json), paths, options),
  );

program
  .command("simulate")
  .description("play a scripted lesson: frames as JPEG, and the exact truth as truth.jsonl")
  .argument(
    "<lesson>",
    "a lesson script (YAML), or the name of one that came along: demo, smoke, three-activities",
  )
  .requiredOption("-o, --out <dir>", "an empty folder for the frames; made when missing")
  .option("--seed <n>", "the same seed gives the same lesson", whole, 1)
  .option("--fps <n>", "frames a second", positive, 2)
  .option("--students <n>", "how many students, 1–40", whole, 24)
  .option("--width <px>", "width of the frames", whole, 1280)
  .option("--height <px>", "height of the frames", whole, 720)
  .option("--force", "write into a folder that is not empty")
  .addOption(jsonOption())
  .action(async (lesson, options) =>
    (await import("./commands/simulate.ts")).simulate(openTerminal(options.json), lesson, options),
  );

const models = program
  .command("models")
  .description("the model packs: list, prepare (fetch, verify, quantise), check (measure)");
models
  .command("list", { isDefault: true })
  .description("what packs there are, and whether their files are in place")
  .addOption(configOption())
  .addOption(jsonOption())
  .action(async ({ config, json }) =>
    (await import("./commands/models.ts")).listModels(openTerminal(json), config),
  );
models
  .command("prepare")
  .description(
    "fetch what is missing, verify everything by hash, and make the networks as quick as this machine allows",
  )
  .addOption(
    new Option(
      "--calibrate <pictures>",
      "whose pictures the ranges of eight-bit networks come from: drawn classes, or what the config's cameras see for a minute, in memory only",
    ).choices(["simulated", "camera"]),
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .action(async ({ config, calibrate, json }) =>
    (await import("./commands/models.ts")).prepareModels(openTerminal(json), config, calibrate),
  );
models
  .command("check")
  .description(
    "verify the hashes, then measure what the pack really finds and how far off it is; takes minutes",
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .action(async ({ config, json }) =>
    (await import("./commands/models.ts")).checkModels(openTerminal(json), config),
  );

program
  .command("query")
  .description("ask the embedded store, read-only, whether the gateway runs or not")
  .argument("<sql>", "one SELECT; tables: focus, zone_focus, environment, event, gateway_health")
  .addOption(
    new Option("--format <format>", "how to print the rows")
      .choices(["table", "csv", "json"])
      .default("table"),
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    `\n  focus-gateway query "SELECT time, focus, low, high, quality FROM focus ORDER BY time DESC LIMIT 10"`,
  )
  .action(async (sql, options) =>
    (await import("./commands/query.ts")).query(openTerminal(options.json), sql, options),
  );

program
  .command("setup")
  .description(
    "configs, secrets, certificates and access lists for a room, a box or a school; can be run again",
  )
  .requiredOption("-o, --out <dir>", "the folder to fill; what is there already is kept")
  .option(
    "--layout <layout>",
    "room: a gateway alone; box: with broker, database and Grafana; school: many rooms",
  )
  .option("--site <name>", "the school, as in topics")
  .option("--room <name...>", "the room, or rooms")
  .option("--host <name...>", "names and addresses by which the machine is reached")
  .option("--camera <camera>", "simulated, v4l2=/dev/video0, rtsp://ADDRESS, csi or http://ADDRESS")
  .addOption(jsonOption())
  .addHelpText(
    "after",
    "\nAt a terminal it asks for what is left out. Secrets are made up anew for each folder, and never printed.",
  )
  .action(async (options) =>
    (await import("./commands/setup.ts")).setup(openTerminal(options.json === true), options),
  );

program
  .command("audit")
  .description(
    "who had the cameras opened, closed and paused, what was configured and exported; checks the log's chain",
  )
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    "\nExits with 1 when an entry was changed or taken out. `docs/privacy.md` says what is in it.",
  )
  .action(async ({ config, json }) =>
    (await import("./commands/audit.ts")).showAudit(openTerminal(json), config),
  );

program
  .command("doctor")
  .description(
    "check config, cameras, models, broker, database, disk, clock and rights, and say what to do about each failure",
  )
  .option("--fix", "also set up in InfluxDB how long data stays, and its roll-ups")
  .addOption(configOption())
  .addOption(jsonOption())
  .action(async ({ config, fix, json }) =>
    (await import("./commands/doctor.ts")).doctor(openTerminal(json), config, fix === true),
  );

program
  .command("sensors")
  .description("find sensors, and print the config to paste for each")
  .command("scan")
  .description("list what can be seen: on the broker, on this machine, and on a Modbus device")
  .option("--mqtt <url>", "the broker to listen to; the config's when left out")
  .option("--modbus <host>", "also ask this Modbus TCP device, host or host:port, who is there")
  .option("--seconds <n>", "how long to listen on the broker (5)", positive, 5)
  .addOption(configOption())
  .addOption(jsonOption())
  .addHelpText(
    "after",
    `
Seen are Zigbee2MQTT, Tasmota and ESPHome devices that announce themselves, Linux IIO chips, serial ports and microphones.
Nothing is changed anywhere.

  focus-gateway sensors scan --mqtt mqtt://192.168.1.5:1883
  focus-gateway sensors scan --modbus 192.168.1.20`,
  )
  .action(async (options) =>
    (await import("./commands/sensors.ts")).scanSensors(openTerminal(options.json), options),
  );

const config = program
  .command("config")
  .description("validate a config file, print its JSON Schema, print a commented example");
config
  .command("check")
  .description("read and validate a config without starting anything")
  .argument("<file>")
  .addOption(jsonOption())
  .action(async (file, { json }) =>
    (await import("./commands/config.ts")).checkConfig(openTerminal(json), file),
  );
config
  .command("schema")
  .description("the JSON Schema, for editors")
  .action(async () => (await import("./commands/config.ts")).printSchema(openTerminal(false)));
config
  .command("example")
  .description("a config with every key, its meaning and what it is when left out")
  .action(async () => (await import("./commands/config.ts")).printExample(openTerminal(false)));

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value))) throw new InvalidArgumentError("a number above 0 is needed.");
  return value;
}

function whole(text: string): number {
  const value = Number(text);
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new InvalidArgumentError("a whole number is needed.");
  return value;
}

/** A reader that went away (`focus-gateway … | head`) is no failure of ours. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitCode(error);
}

function exitCode(error: unknown): number {
  // commander has said its own piece; --help and --version are errors to it, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const known =
    error instanceof GatewayError ? error : failure("INTERNAL", { problem: reason(error) }, error);
  process.stderr.write(`${tell(known)}\n`);
  return known.exit;
}
