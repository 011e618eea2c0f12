import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import bcrypt from "bcryptjs";
import { describe, expect, it } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { preparedForTests } from "../models/prepared.ts";
import { childProcesses, commandLine } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";
import { listeningSockets } from "../support/sockets.ts";

const prepared = await preparedForTests();
const log = createLogger("silent" as "error", false);

describe.skipIf(!prepared)(
  "a gateway as others on its machine and network see it (skipped without the model pack)",
  () => {
    it("listens where its config says and nowhere else, lets nobody in without a password, and shows no secret anywhere", async () => {
      const secrets = {
        broker: `broker-${randomBytes(12).toString("hex")}`,
        health: `health-${randomBytes(12).toString("hex")}`,
        page: `page-${randomBytes(12).toString("hex")}`,
        editor: `editor-${randomBytes(12).toString("hex")}`,
      };
      const hash = (text: string) => bcrypt.hashSync(text, 4);
      const room = await layRoom(prepared!, (ports) => ({
        log: { level: "debug" },
        broker: { port: ports.broker, users: [{ username: "room", password: secrets.broker }] },
        show: {
          live: {
            port: ports.live,
            page: { passwordHash: hash(secrets.page) },
            editor: { passwordHash: hash(secrets.editor) },
          },
          health: { port: ports.health, token: secrets.health },
        },
      }));
      const { ports } = room;
      const gateway = await startGateway(room.config);
      const heard: string[] = [];
      const listener = connectMqtt(
        {
          url: `mqtt://127.0.0.1:${ports.broker}`,
          username: "room",
          password: secrets.broker,
          clientId: "l",
          cleanSession: true,
        },
        log,
      );
      try {
        listener.onMessage(async (topic, payload) => void heard.push(`${topic} ${payload}`));
        await listener.subscribe("#");
        await until(
          () => (heard.some((line) => line.includes("/gateway/health")) ? true : undefined),
          30,
          "the health",
        );

        const pids = [gateway.child.pid!, ...childProcesses(gateway.child.pid!)];
        expect(listeningSockets(pids)).toEqual(
          [
            `127.0.0.1:${ports.broker}`,
            `127.0.0.1:${ports.live}`,
            `127.0.0.1:${ports.health}`,
            path.join(room.data, "query.sock"),
          ].sort(),
        );

        expect(await connects(ports.broker, {})).toBe("refused");
        expect(await connects(ports.broker, { username: "room", password: "guess" })).toBe("refused");
        const status = async (address: string) => (await fetch(address, { redirect: "manual" })).status;
        expect(await status(`http://127.0.0.1:${ports.health}/healthz`)).toBe(200);
        expect(await status(`http://127.0.0.1:${ports.health}/readyz`)).toBe(401);
        expect(await status(`http://127.0.0.1:${ports.health}/metrics`)).toBe(401);
        expect(await status(`http://127.0.0.1:${ports.live}/live`)).toBe(401);
        expect(await status(`http://127.0.0.1:${ports.live}/editor/flows`)).toBe(401);

        const authorization = { authorization: `Bearer ${secrets.health}` };
        const shown = await Promise.all(
          ["healthz", "readyz", "metrics"].map(async (page) =>
            (await fetch(`http://127.0.0.1:${ports.health}/${page}`, { headers: authorization })).text(),
          ),
        );
        const places: Record<string, string> = {
          "the log": gateway.out() + gateway.err(),
          MQTT: heard.join("\n"),
          "health and metrics": shown.join("\n"),
          ...Object.fromEntries(pids.map((pid) => [`the command line of ${pid}`, commandLine(pid)])),
          ...Object.fromEntries(
            pids.map((pid) => [`the environment of ${pid}`, readFileSync(`/proc/${pid}/environ`, "utf8")]),
          ),
          ...Object.fromEntries(filesIn(room.data).map((file) => [file, readFileSync(file, "latin1")])),
        };
        const exposed = Object.entries(places).flatMap(([place, text]) =>
          Object.entries(secrets).flatMap(([name, secret]) =>
            text.includes(secret) ? [`${name} in ${place}`] : [],
          ),
        );
        expect(exposed).toEqual([]);
      } finally {
        await listener.close();
        await endGateway(gateway);
      }
      const said = gateway.out() + gateway.err();
      expect(Object.values(secrets).filter((secret) => said.includes(secret))).toEqual([]);
    }, 120_000);
  },
);

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".onnx"))
    .map((entry) => path.join(entry.parentPath, entry.name));

/** What the broker makes of that login. */
async function connects(port: number, login: { username?: string; password?: string }): Promise<string> {
  const connection = connectMqtt(
    { url: `mqtt://127.0.0.1:${port}`, ...login, clientId: "x", cleanSession: true },
    log,
  );
  try {
    return await new Promise((resolve) => connection.onState((state) => resolve(state)));
  } finally {
    await connection.close();
  }
}
