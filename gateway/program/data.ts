import { type Command, Option } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption } from "./options.ts";

/** What was recorded: `query`, `audit`. */
export function declareData(program: Command): void {
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
      (await import("../commands/query.ts")).query(openTerminal(options.json), sql, options),
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
      (await import("../commands/audit.ts")).showAudit(openTerminal(json), config),
    );
}
