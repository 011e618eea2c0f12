import type { Command } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption, positive } from "./options.ts";

/** What whoever looks after many rooms, or helps from afar, needs: `inventory`, `bundle`. */
export function declareFleet(program: Command): void {
  program
    .command("inventory")
    .description(
      "list all rooms of a broker: state, version, provider, model, config, cameras, sensors, databases",
    )
    .option("--mqtt <url>", "the broker to listen to; the config's when left out")
    .option("--username <name>", "who to log in as there")
    .option("--password-file <file>", "a file whose first line is the password")
    .option("--ca <file>", "PEM file of the authority that signed the broker's certificate")
    .option("--site <name>", "only this school's")
    .option("--seconds <n>", "how long to wait for the broker, and for it to have said all", positive, 10)
    .option("--csv", "for a spreadsheet, with every value")
    .addOption(configOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
  The user needs to read classroom/v1/{site}/+/gateway/# and nothing else. Nothing is changed anywhere.

    focus-gateway inventory --mqtt mqtts://broker.school.example:8883 --ca authority.pem --username it --password-file pw`,
    )
    .action(async (options) =>
      (await import("../commands/inventory.ts")).inventory(openTerminal(options.json === true), options),
    );

  program
    .command("bundle")
    .description("pack what somebody needs who is to help: no secrets, nothing about people; sends nothing")
    .option("-o, --out <file>", "the .tar.gz to write; one that is there already is left alone")
    .option("--show", "print what would be in it")
    .option(
      "--no-doctor",
      "leave out the doctor's findings: it opens cameras, where no gateway runs and they may be open",
    )
    .addOption(configOption())
    .addOption(jsonOption())
    .action(async (options) =>
      (await import("../commands/bundle.ts")).bundle(openTerminal(options.json === true), options),
    );
}
