import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { flowsOptions, planFlows } from "../../gateway/show/flows.ts";
import { readFlows, withOurs } from "../../gateway/show/nodered/flows.ts";
import { readPage } from "../../gateway/show/nodered/page.ts";
import { ofNodes } from "../flows/windows.ts";

const source = path.join(packageRoot, "flows");
const place = { site: "school", room: "room-1", root: "classroom/v1/school/room-1" };
const read = (options: object = {}) =>
  readFlows(source, planFlows(flowsOptions.parse(options), place).settings);

describe("the flows of the package", () => {
  it("are read with the files they name", async () => {
    const page = (await read()).find(({ type }) => type === "ui-template")!;
    expect(page.format).toBe(await readPage(path.join(source, "live"), "page"));
  });

  it("are joined only to nodes that are there, and hold no secret and no address", async () => {
    const nodes = await read();
    const ids = nodes.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, wires = [], z = ids[0] } of nodes) {
      expect(id).toMatch(/^focus-gateway-/);
      for (const to of [...(wires as string[][]).flat(), z]) expect(ids).toContain(to);
    }
    const broker = nodes.find(({ type }) => type === "mqtt-broker")!;
    expect(broker).toMatchObject({ autoConnect: false, broker: "the gateway sets address and login" });
    expect(broker.credentials).toBeUndefined();
  });

  it("are made of nodes that an embedded Node-RED has", async () => {
    const ours = Object.keys(ofNodes("package.json")["node-red"].nodes);
    const core = ["tab", "mqtt-broker", "mqtt in", "mqtt out", "function", "change"];
    const types = new Set((await read()).map(({ type }) => type as string));
    expect(
      [...types].filter((type) => ![...ours, ...core].includes(type) && !type.startsWith("ui-")),
    ).toEqual([]);
  });

  it("run as the config says: what sends something out, or acts by itself, only when asked to", async () => {
    const running = async (options: object) =>
      (await read(options))
        .filter(({ type, disabled }) => type === "tab" && !disabled)
        .map(({ id }) => id.replace("focus-gateway-", ""));
    expect(await running({})).toEqual(["live", "air", "drop", "summary"]);
    const all = {
      drop: { enabled: false },
      button: { topic: "zigbee2mqtt/button" },
      webhook: { url: "https://hooks.school.example/" },
      xapi: { url: "https://lrs.school.example/xapi", homePage: "https://school.example" },
      tutor: { follow: ["maths tutor"] },
    };
    expect(await running(all)).toEqual(["live", "air", "button", "summary", "tutor", "webhook", "xapi"]);
  });

  it("hold what the config says, and no secret of it", async () => {
    const plan = planFlows(
      flowsOptions.parse({
        drop: { minutes: 7 },
        webhook: { url: "https://hooks.example/", token: "t0ken" },
      }),
      place,
    );
    const nodes = await readFlows(source, plan.settings);
    expect(nodes.find(({ type }) => type === "focus-drop")).toMatchObject({ minutes: 7, fall: 0.2 });
    expect(JSON.stringify(nodes)).not.toMatch(/t0ken|hooks\.example/);
    expect(plan.destinations).toEqual({ webhook: { url: "https://hooks.example/", token: "t0ken" } });
  });

  it("fail when they ask for a setting that there is not", async () => {
    await expect(readFlows(source, {})).rejects.toThrow(/setting/);
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
