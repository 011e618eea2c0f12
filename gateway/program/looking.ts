import type { Command } from "commander";
import { openTerminal } from "../commands/terminal.ts";
import { configOption, jsonOption, positive, whole } from "./options.ts";

const ABOUT_PICTURES = `
Pictures are windows of their own unless --fps says that they belong together. Groups below the minimum come out as
suppressed, as they would from the gateway; --views shows the faces that were found, for checking a camera's place.

  focus-gateway analyse lesson.mp4
  focus-gateway analyse photos/ --views --json`;

/** What needs no gateway: `analyse`, `simulate`. */
export function declareLooking(program: Command): void {
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
    .addHelpText("after", ABOUT_PICTURES)
    .action(async (paths, options) =>
      (await import("../commands/analyse.ts")).analyse(openTerminal(options.json), paths, options),
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
      (await import("../commands/simulate.ts")).simulate(openTerminal(options.json), lesson, options),
    );
}
