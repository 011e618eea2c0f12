import { type Command, Option } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption } from "./options.ts";

/** `models list`, `prepare`, `check`. */
export function declareModels(program: Command): void {
  const models = program
    .command("models")
    .description("the model packs: list, prepare (fetch, verify, quantise), check (measure)");
  models
    .command("list", { isDefault: true })
    .description(
      "what packs there are, whether their files are in place, and which network runs in which precision",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }) =>
      (await import("../commands/models.ts")).listModels(openTerminal(json), config),
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
    // How the gateway itself asks for it at its first start.
    .addOption(new Option("--untuned", "only what the networks need to run").hideHelp())
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, calibrate, untuned, json }) =>
      (await import("../commands/models.ts")).prepareModels(openTerminal(json), config, {
        calibrate,
        untuned,
      }),
    );
  models
    .command("check")
    .description(
      "verify the hashes, then measure what the pack really finds and how far off it is; takes minutes",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async ({ config, json }) =>
      (await import("../commands/models.ts")).checkModels(openTerminal(json), config),
    );
}
