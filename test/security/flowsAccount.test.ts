import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { setUp } from "../../gateway/setup/setup.ts";
import { preparedForTests } from "../models/prepared.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";
import { startSchoolBroker } from "../support/school.ts";

const prepared = await preparedForTests();

it.skipIf(!prepared || !hasMosquitto)(
  "a gateway of a school logs its flows in as somebody who may not speak for the room (skipped without models or mosquitto)",
  async () => {
    const folder = path.join(await temporaryFolder(), "focus");
    const camera = { name: "front", driver: "simulated" };
    const answers = { layout: "school" as const, site: "test", rooms: ["r1"], hosts: ["127.0.0.1"], camera };
    await setUp(answers, folder, Date.now());
    const broker = await startSchoolBroker(folder);

    // What setup wrote for the room, at the addresses of this test.
    const file = path.join(folder, "rooms/r1/gateway.yaml");
    const { mqtt } = parse(await readFile(file, "utf8"));
    const room = await layRoom(prepared!, (ports) => ({
      show: { live: { port: ports.live }, health: { port: ports.health } },
    }));
    const config = parse(await readFile(room.config, "utf8"));
    const here = { ...config, dataFolder: room.data, mqtt: { ...mqtt, url: broker.url } };
    await writeFile(file, stringify(here));

    const gateway = await startGateway(file);
    try {
      const users = () =>
        new Set([...broker.said().matchAll(/New client connected .*u'([^']+)'/g)].map(([, name]) => name));
      await until(() => users().has("flows-r1") || undefined, 30, "the flows").catch((error) => {
        throw new Error(`${error.message}: ${broker.said()}`);
      });
      expect([...users()].sort()).toEqual(["flows-r1", "gateway-r1"]);
    } finally {
      await endGateway(gateway);
    }
    // A will or a "stopped" of the gateway's is its own account's: the broker refused nothing.
    expect(broker.said()).not.toMatch(/denied/i);
  },
  120_000,
);
