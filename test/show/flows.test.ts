import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { readFlows, withOurs } from "../../gateway/show/nodered/flows.ts";

const source = path.join(packageRoot, "flows");

describe("the flows of the package", () => {
  it("are read with the files they name", async () => {
    const page = (await readFlows(source)).find(({ type }) => type === "ui-template")!;
    expect(page.format).toBe(await readFile(path.join(source, "live", "page.vue"), "utf8"));
  });

  it("are joined only to nodes that are there, and hold no secret and no address", async () => {
    const nodes = await readFlows(source);
    const ids = nodes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, wires = [], z = ids[0] } of nodes) {
      expect(id).toMatch(/^focus-gateway-/);
      for (const to of [...(wires as string[][]).flat(), z]) expect(ids).toContain(to);
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

describe("what is to run", () => {
  const own = { id: "a1b2", type: "inject" };
  const ours = [
    { id: "focus-gateway-tab", type: "tab" },
    { id: "focus-gateway-broker", type: "mqtt-broker" },
  ];

  it("is the package's flows at the first start", () => {
    expect(withOurs([], ours)).toEqual(ours);
  });

  it("has the gateway's own nodes put back, those it no longer has dropped, and the school's kept", () => {
    const stored = [{ ...ours[0]!, disabled: true }, { id: "focus-gateway-old", type: "debug" }, own];
    expect(withOurs(stored, ours)).toEqual([...ours, own]);
  });
});
