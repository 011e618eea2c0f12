import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { preparedForTests } from "../models/prepared.ts";
import { startCli } from "../support/cli.ts";
import { childProcesses, commandLine } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom } from "../support/room.ts";

const prepared = await preparedForTests();

it.skipIf(!prepared)(
  "has the networks made ready by a process of its own at the first start, and does it itself when that one dies",
  async () => {
    const { config, models } = await layRoom(prepared!);
    const gateway = startCli(["run", "--config", config]);
    onTestFinished(() => endGateway(gateway));
    const making = await until(
      () => childProcesses(gateway.child.pid!).find((pid) => commandLine(pid).includes("--untuned")),
      30,
      "a process that makes them ready",
    );
    process.kill(making, "SIGKILL");
    await gateway.says("Ctrl-C stops it", 60);
    const made = await readdir(path.join(models, "ready"));
    expect(made.filter((file) => file.endsWith(".float32.onnx"))).toHaveLength(4);
  },
);
