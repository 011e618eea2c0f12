import type { Command } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { jsonOption } from "./options.ts";

/** `setup`, `config`. */
export function declareInstalling(program: Command): void {
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
    .option("--room <name...>", "the room, or rooms; in a school that is there: further ones")
    .option("--without <room...>", "rooms of a school that are no more: their accounts are taken away")
    .option("--host <name...>", "names and addresses by which the machine is reached")
    .option("--camera <camera>", "simulated, v4l2=/dev/video0, rtsp://ADDRESS, csi or http://ADDRESS")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nWhat is left out is as it was the last time; the first time it is asked for, at a terminal. Secrets are made up anew " +
        "for each folder, and never printed. Certificates in their last month are renewed.",
    )
    .action(async (options) =>
      (await import("../commands/setup.ts")).setup(openTerminal(options.json === true), options),
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
      (await import("../commands/config.ts")).checkConfig(openTerminal(json), file),
    );
  config
    .command("show")
    .description("the whole config as the gateway sees it: files laid over each other, defaults, no secrets")
    .argument("<file>")
    .addOption(jsonOption())
    .action(async (file, { json }) =>
      (await import("../commands/config.ts")).showConfig(openTerminal(json), file),
    );
  config
    .command("schema")
    .description("the JSON Schema, for editors")
    .action(async () => (await import("../commands/config.ts")).printSchema(openTerminal(false)));
  config
    .command("example")
    .description("a config with every key, its meaning and what it is when left out")
    .action(async () => (await import("../commands/config.ts")).printExample(openTerminal(false)));
}
