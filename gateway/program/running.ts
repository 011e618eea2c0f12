import { type Command, Option } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption, positive, whole } from "./options.ts";

/** `run`, `record`, and what tells how a gateway does: `doctor`, `health`, `sensors`. */
export function declareRunning(program: Command): void {
  program
    .command("run")
    .description(
      "run the gateway; without a config, the demo: simulated classroom, embedded broker and store, live page",
    )
    .option(
      "--fallback <file>",
      "keep the config there once it has run well, and run that when the given one cannot be used; for services",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nStop it with Ctrl-C. `focus-gateway config example` prints a config to start from.",
    )
    .action(async ({ config, fallback, json }) =>
      (await import("../commands/run.ts")).run(openTerminal(json), config, fallback),
    );

  program
    .command("record")
    .description(
      "record what every room of a site publishes on the school's broker; several share the work by record.share",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }) =>
      (await import("../commands/record.ts")).record(openTerminal(json), config),
    );

  program
    .command("doctor")
    .description(
      "check what is installed and configured here, from rights, disk and clock to broker, database and cameras, and say what to do about each failure",
    )
    .option("--fix", "also set up in InfluxDB how long data stays, and its roll-ups")
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, fix, json }) =>
      (await import("../commands/doctor.ts")).doctor(openTerminal(json), config, fix === true),
    );

  program
    .command("health")
    .description("ask the gateway that runs on this machine whether it is ready, and whether a lesson is on")
    .option("--wait <seconds>", "go on asking for so long", whole, 0)
    .addOption(
      new Option("--until <state>", "what to wait for, and to exit with 0 for")
        .choices(["alive", "ready"])
        .default("ready"),
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, wait, until, json }) =>
      (await import("../commands/health.ts")).health(openTerminal(json), config, { wait, wanted: until }),
    );

  program
    .command("sensors")
    .description("find sensors, and print the config to paste for each")
    .command("scan")
    .description("list what can be seen: on the broker, on this machine, and on a Modbus device")
    .option("--mqtt <url>", "the broker to listen to; the config's when left out")
    .option("--modbus <host>", "also ask this Modbus TCP device, host or host:port, who is there")
    .option("--seconds <n>", "how long to listen on the broker", positive, 5)
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
      (await import("../commands/sensors.ts")).scanSensors(openTerminal(options.json), options),
    );
}
