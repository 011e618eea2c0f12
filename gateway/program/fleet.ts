import type { Command } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption } from "./options.ts";

/** What whoever looks after many rooms, or helps from afar, needs: `bundle`. */
export function declareFleet(program: Command): void {
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
