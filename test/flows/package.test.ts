import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import mqtt from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { launch, until } from "../support/programs.ts";
import { nine, nodesFolder, ofNodes, windowAt } from "./windows.ts";

const manifest = ofNodes("package.json") as { name: string; "node-red": { nodes: Record<string, string> } };
const examples = ["lasting-drop", "pause-button", "tutor"];

describe.skipIf(!hasMosquitto)("the packed nodes in a fresh Node-RED (needs mosquitto)", () => {
  it("are installed from the tarball, registered with their examples, and work", async () => {
    const folder = await temporaryFolder();
    const userDir = path.join(folder, "user");
    await mkdir(userDir);
    const quiet = ["--offline", "--no-audit", "--no-fund", "--ignore-scripts"];
    const npm = (args: string[], cwd: string) =>
      execFileSync("npm", [...args, "--cache", path.join(folder, "cache")], {
        cwd,
        encoding: "utf8",
        stdio: "pipe",
      });
    npm(["pack", "--pack-destination", folder, ...quiet], nodesFolder);
    await writeFile(path.join(userDir, "package.json"), '{ "name": "fresh", "private": true }');
    npm(["install", path.join(folder, `${manifest.name}-0.1.0.tgz`), ...quiet], userDir);

    const mosquitto = await startMosquitto();
    onTestFinished(() => mosquitto.stop());
    const port = await freePort();
    const flow = [
      { id: "tab", type: "tab" },
      { id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: String(mosquitto.port) },
      { id: "room", type: "focus-room", broker: "broker", site: "school", room: "room-1" },
      { id: "in", z: "tab", type: "focus-in", room: "room", about: "room", x: 1, y: 1, wires: [["text"]] },
      {
        id: "text",
        z: "tab",
        type: "function",
        func: "return { payload: `focus ${msg.payload.focus}` };",
        outputs: 1,
        x: 2,
        y: 1,
        wires: [["mark"]],
      },
      { id: "mark", z: "tab", type: "focus-mark", room: "room", x: 3, y: 1, wires: [[]] },
    ];
    await writeFile(path.join(userDir, "flows.json"), JSON.stringify(flow));
    const settings =
      "module.exports = { flowFile: 'flows.json', credentialSecret: 'x', uiHost: '127.0.0.1', telemetry: { enabled: false }, logging: { console: { level: 'warn' } } };";
    await writeFile(path.join(userDir, "settings.js"), settings);
    const program = createRequire(import.meta.url).resolve("node-red/red.js");
    launch(process.execPath, [program, "--userDir", userDir, "--port", String(port)]).stdout.resume();

    const get = async <T>(where: string) => {
      const answer = await fetch(`http://127.0.0.1:${port}${where}`, {
        headers: { accept: "application/json" },
      });
      return (await answer.json()) as T;
    };
    interface NodeSet {
      readonly module: string;
      readonly types: readonly string[];
      readonly err?: unknown;
    }
    const sets = await until(() => get<NodeSet[]>("/nodes").catch(() => undefined), 30, "Node-RED");
    const ours = sets.filter(({ module }) => module === manifest.name);
    expect(ours.flatMap(({ types }) => types).sort()).toEqual(Object.keys(manifest["node-red"].nodes).sort());
    expect(ours.filter(({ err }) => err)).toEqual([]);
    for (const example of examples)
      expect(
        (await fetch(`http://127.0.0.1:${port}/library/examples/flows/${manifest.name}/${example}`)).status,
      ).toBe(200);

    const client = await mqtt.connectAsync(mosquitto.url);
    onTestFinished(() => client.endAsync());
    const marks: string[] = [];
    client.on("message", (_topic, payload) => marks.push(payload.toString()));
    await client.subscribeAsync("classroom/v1/school/room-1/set/mark");
    const mark = await until(
      async () => {
        await client.publishAsync("classroom/v1/school/room-1/focus", JSON.stringify(windowAt(nine)), {
          qos: 1,
        });
        await new Promise((resolve) => setTimeout(resolve, 200));
        return marks[0];
      },
      20,
      "a mark",
    );
    expect(JSON.parse(mark)).toEqual({ text: "focus 0.8" });
  }, 90_000);

  it("have examples made of nodes that there are", async () => {
    const types = [
      ...Object.keys(manifest["node-red"].nodes),
      "tab",
      "comment",
      "debug",
      "mqtt-broker",
      "mqtt in",
    ];
    for (const example of examples) {
      const file = path.join(nodesFolder, "examples", `${example}.json`);
      const nodes = JSON.parse(await readFile(file, "utf8")) as Array<{
        id: string;
        type: string;
        wires?: string[][];
      }>;
      const ids = nodes.map(({ id }) => id);
      for (const { type, wires = [] } of nodes) {
        expect(types).toContain(type);
        for (const to of wires.flat()) expect(ids).toContain(to);
      }
    }
  });
});
