import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import type { preparedForTests } from "../models/prepared.ts";
import { type Running, startCli } from "./cli.ts";
import { freePort, temporaryFolder } from "./places.ts";
import { stop } from "./programs.ts";

type Prepared = NonNullable<Awaited<ReturnType<typeof preparedForTests>>>;

/** A room to run a gateway in: a data folder with the models in place, and a config on free ports. */
export interface TestRoom {
  readonly folder: string;
  readonly data: string;
  readonly models: string;
  readonly config: string;
  readonly ports: { readonly broker: number; readonly live: number; readonly health: number };
}

/** Twelve drawn students, windows of ten seconds, no live page; `more` changes the config at its top level. */
export async function layRoom(
  { manifest, pack }: Prepared,
  more: (ports: TestRoom["ports"]) => Record<string, unknown> = () => ({}),
): Promise<TestRoom> {
  const folder = await temporaryFolder();
  const models = path.join(folder, "data", "models", `${manifest.name}-${manifest.version}`);
  await mkdir(models, { recursive: true });
  for (const { path: file } of Object.values(pack.models)) {
    await copyFile(file, path.join(models, path.basename(file)));
  }
  const ports = { broker: await freePort(), live: await freePort(), health: await freePort() };
  const settings = {
    site: "test",
    room: "r1",
    dataFolder: "data",
    cameras: [{ driver: "simulated", name: "front", students: 12, framesPerSecond: 2 }],
    protect: { windowSeconds: 10, expectedHeads: 12 },
    broker: { port: ports.broker },
    show: { live: { enabled: false }, health: { port: ports.health } },
    ...more(ports),
  };
  const config = path.join(folder, "gateway.yaml");
  await writeFile(config, stringify(settings));
  return { folder, data: path.join(folder, "data"), models, config, ports };
}

/** Starts a gateway that runs until the test ends, and waits until it is up. */
export async function startGateway(
  config: string,
  environment: Record<string, string> = {},
): Promise<Running> {
  const gateway = startCli(["run", "--config", config], environment);
  await gateway.says("Ctrl-C stops it", 60);
  return gateway;
}

/** Ends it before the test does; when this resolves it has said all that it had to say. */
export async function endGateway(gateway: Running): Promise<void> {
  await stop(gateway.child);
  await gateway.ended;
}

/** What the health server says to whoever asks whether the gateway is ready. */
export const ready = (port: number) =>
  fetch(`http://127.0.0.1:${port}/readyz`).then(async (answer) => ({
    status: answer.status,
    body: (await answer.json()) as { reasons: string[] },
  }));
