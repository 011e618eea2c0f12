import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { argumentsFor, type Program, type Task, version } from "../../gateway/gpio/programs.ts";
import { findProgram } from "../support/programs.ts";

const place = { chip: "gpiochip0", offset: 17 };
const plain = { activeLow: false, bias: "as-is" } as const;
const button = { activeLow: true, bias: "pull-up" } as const;

describe("the programs of libgpiod", () => {
  it.each<[Task, number, string]>([
    ["active", 1, "--mode=signal gpiochip0 17=1"],
    ["inactive", 1, "--mode=signal gpiochip0 17=0"],
    ["listen", 1, "--line-buffered --format=%e gpiochip0 17"],
    ["active", 2, "--chip gpiochip0 17=1"],
    ["inactive", 2, "--chip gpiochip0 17=0"],
    ["listen", 2, "--format=%e --chip gpiochip0 17"],
  ])("are asked to have a line %s in version %i as that version wants it", (task, major, line) => {
    expect(argumentsFor(task, major, place, plain).join(" ")).toBe(line);
    expect(argumentsFor(task, major, place, button).join(" ")).toBe(
      line.replace(/(--chip )?gpiochip0/, (chip) => `--active-low --bias=pull-up ${chip}`),
    );
  });

  it.skipIf(findProgram("gpioset") === null).each<[Task, Program]>([
    ["active", "gpioset"],
    ["inactive", "gpioset"],
    ["listen", "gpiomon"],
  ])("take what they are told to have a line %s (skipped without gpiod)", async (task, program) => {
    const wanted = argumentsFor(task, await version(), { chip: "gpiochip99", offset: 17 }, button);
    const { status, stderr } = spawnSync(program, wanted, { encoding: "utf8" });
    expect(status).toBe(1);
    expect(stderr, "no such chip, and nothing about arguments").toMatch(/No such file|cannot find GPIO chip/);
    const { stderr: refusal } = spawnSync(program, ["--no-such-option", ...wanted], { encoding: "utf8" });
    expect(refusal).toContain("unrecognized option");
  });
});
