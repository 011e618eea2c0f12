import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { placeFlows } from "../../gateway/show/nodered/flows.ts";
import { temporaryFolder } from "../support/places.ts";

const source = path.join(packageRoot, "flows");
type Nodes = Array<Record<string, unknown> & { id: string; type: string; wires?: string[][] }>;
const placed = async (folder: string) =>
  JSON.parse(await readFile(path.join(folder, "flows.json"), "utf8")) as Nodes;

describe("the flows of the package", () => {
  it("are put in place with their files, where only the gateway's user may read", async () => {
    const folder = path.join(await temporaryFolder(), "node-red");
    await placeFlows(source, folder);
    const page = (await placed(folder)).find(({ type }) => type === "ui-template")!;
    expect(page.format).toBe(await readFile(path.join(source, "live", "page.vue"), "utf8"));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(folder, "flows.json"))).mode & 0o777).toBe(0o600);
  });

  it("keep what a school built, and put back what it changed of the gateway's own", async () => {
    const folder = path.join(await temporaryFolder(), "node-red");
    await mkdir(folder);
    const own = { id: "a1b2", type: "inject", wires: [] };
    const changed = { id: "focus-gateway-told", type: "comment" };
    await writeFile(path.join(folder, "flows.json"), JSON.stringify([own, changed]));
    await placeFlows(source, folder);
    const nodes = await placed(folder);
    expect(nodes).toContainEqual(own);
    expect(nodes.filter(({ id }) => id === "focus-gateway-told").map(({ type }) => type)).toEqual([
      "mqtt out",
    ]);
  });

  it("are joined only to nodes that are there, and hold no secret and no address", async () => {
    const folder = path.join(await temporaryFolder(), "node-red");
    await placeFlows(source, folder);
    const nodes = await placed(folder);
    const ids = new Set(nodes.map(({ id }) => id));
    for (const { id, wires = [], broker } of nodes) {
      expect(id).toMatch(/^focus-gateway-/);
      for (const to of wires.flat()) expect(ids).toContain(to);
      if (broker !== undefined && !String(broker).startsWith("$")) expect(ids).toContain(broker);
    }
    const { broker, credentials } = nodes.find(({ type }) => type === "mqtt-broker")!;
    const fromEnvironment = (name: string) => `\${${name}}`;
    expect(broker).toBe(fromEnvironment("FOCUS_MQTT_URL"));
    expect(credentials).toEqual({
      user: fromEnvironment("FOCUS_MQTT_USERNAME"),
      password: fromEnvironment("FOCUS_MQTT_PASSWORD"),
    });
  });
});
