import { Command, CommanderError } from "commander";
import { known } from "./commands/known.ts";
import { tell } from "./commands/terminal.ts";
import { declareData } from "./program/data.ts";
import { declareFleet } from "./program/fleet.ts";
import { declareInstalling } from "./program/installing.ts";
import { declareLooking } from "./program/looking.ts";
import { declareModels } from "./program/models.ts";
import { declareRunning } from "./program/running.ts";
import { version } from "./version.ts";

/**
 * Parses the command, runs it, and maps what came of it to an exit code: 0 done, 2 bad usage or config, 1 failure.
 * What can be typed is declared under `program/`; what it does lives in a file of its own under `commands/`, loaded only when
 * it is asked for.
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

declareRunning(program);
declareLooking(program);
declareModels(program);
declareData(program);
declareInstalling(program);
declareFleet(program);

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
  const told = known(error);
  process.stderr.write(`${tell(told)}\n`);
  return told.exit;
}
