import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import bcrypt from "bcryptjs";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../gateway/clock.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import { protectOptions } from "../../../gateway/protect/protect.ts";
import { flowsOptions, planFlows } from "../../../gateway/show/flows.ts";
import { fences } from "../../../gateway/show/nodered/fences.ts";
import type { LiveOrder } from "../../../gateway/show/nodered/order.ts";
import { keepRunning, type Patience } from "../../../gateway/show/nodered/process.ts";
import { temporaryFolder } from "../../support/places.ts";
import { until } from "../../support/programs.ts";

// Needs the compiled program: what runs flows is a process of its own.

const place = { site: "school", room: "room-1", root: "classroom/v1/school/room-1" };
const password = "not for flows";

/** Runs the process on a folder in which a school left these flows. */
async function start(school: unknown, patience: Partial<Patience> = {}, changes: Partial<LiveOrder> = {}) {
  const folder = path.join(await temporaryFolder(), "node-red");
  await mkdir(folder);
  await writeFile(
    path.join(folder, "flows.json"),
    typeof school === "string" ? school : JSON.stringify(school),
  );
  const lines: string[] = [];
  const write = (line: string) =>
    void lines.push((JSON.parse(line) as { msg: string; err?: object }).msg + line);
  const order = {
    host: "127.0.0.1",
    port: 0,
    folder,
    flows: path.join(packageRoot, "flows"),
    credentialSecret: "secret",
    room: place.room,
    topics: place.root,
    counts: protectOptions.parse({}).focusTargets,
    mqtt: { url: "mqtt://127.0.0.1:9", username: "gateway", password },
    page: null,
    tls: null,
    editor: null,
    origins: [],
    leaveOut: false,
    ...planFlows(flowsOptions.parse({}), place),
    ...changes,
  } as LiveOrder;
  const log = pino({ level: "warn" }, { write });
  const running = await keepRunning(order, {
    log,
    clock: systemClock,
    past: async () => [],
    patience: { firstPauseMs: 50, longestPauseMs: 100, ...patience },
  });
  onTestFinished(() => running.close());
  const page = async () =>
    (await fetch(`http://127.0.0.1:${running.port()}/live/`).catch(() => null))?.status === 200 || undefined;
  const stored = async (name = "flows.json") =>
    JSON.parse(await readFile(path.join(folder, name), "utf8")) as Array<{ id: string; disabled?: boolean }>;
  const says = (text: string, seconds = 20) =>
    until(() => lines.find((line) => line.includes(text)), seconds, text);
  return { running, folder, lines, page, stored, says };
}

/** A school's tab whose function runs once, at the start. */
const once = (func: string) => [
  { id: "school", type: "tab", label: "The school's" },
  {
    id: "begin",
    z: "school",
    type: "inject",
    props: [{ p: "payload" }],
    payloadType: "date",
    once: true,
    onceDelay: 0.1,
    x: 100,
    y: 100,
    wires: [["do"]],
  },
  { id: "do", z: "school", type: "function", name: "do", func, outputs: 1, x: 300, y: 100, wires: [[]] },
];

describe("a school's flow that goes wrong", () => {
  it("with a node that there is not: its tab waits beside the others, which run, and deploying one mends itself", async () => {
    const bad = [
      { id: "odd", type: "tab", label: "Odd" },
      { id: "robot", z: "odd", type: "robot", wires: [] },
    ];
    const editor = { username: "admin", passwordHash: await bcrypt.hash("for admins", 4) };
    const { running, page, stored, says } = await start(
      [...bad, null, ...once("throw new Error('thrown on purpose');")],
      {},
      { editor },
    );
    expect(running.state()).toBe("up");
    await until(page, 5, "the page");
    await says("there is no node robot here");
    await says("flows.json has 1 entries that are no nodes");
    await says("thrown on purpose");
    expect((await stored("set-aside.json")).map(({ id }) => id)).toEqual(["odd", "robot"]);
    const ids = (await stored()).map(({ id }) => id);
    expect(ids).toEqual(expect.arrayContaining(["school", "do", "focus-gateway-page"]));
    expect(ids).not.toContain("robot");

    // The same from the editor, while everything runs.
    const root = `http://127.0.0.1:${running.port()}/editor`;
    const login = { client_id: "node-red-editor", grant_type: "password", scope: "*", username: "admin" };
    const answer = await fetch(`${root}/auth/token`, {
      method: "POST",
      body: new URLSearchParams({ ...login, password: "for admins" }),
    });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const deployed = [
      { id: "odd2", type: "tab", label: "Odder" },
      { id: "r2", z: "odd2", type: "robot-2", wires: [] },
    ];
    const body = JSON.stringify([...(await stored()), ...deployed]);
    expect((await fetch(`${root}/flows`, { method: "POST", headers, body })).status).toBe(204);
    await says("robot-2");
    await until(page, 10, "the page again");
    expect((await stored("set-aside.json")).map(({ id }) => id)).toContain("r2");
    expect(running.restarts()).toBe(0);
  }, 60_000);

  it("as a file that is no JSON: it is put by, and the page comes up", async () => {
    const { running, folder, page, stored, says } = await start('[{"id":"school","type":"ta');
    expect(running.state()).toBe("up");
    await until(page, 5, "the page");
    await says("flows.json is no JSON");
    const damaged = (await readdir(folder)).find((name) => name.startsWith("flows.json.damaged-"))!;
    expect(await readFile(path.join(folder, damaged), "utf8")).toContain("school");
    expect((await stored()).map(({ id }) => id)).toContain("focus-gateway-page");
  });

  it("that ends the process three times is switched off and told so; the page comes back", async () => {
    const { running, page, stored, says } = await start(
      once("Promise.reject(new Error('nobody catches this'));"),
    );
    await says("FLOWS_LEFT_OUT", 40);
    await until(() => (running.state() === "up" && running.leftOut() ? true : undefined), 20, "the page");
    await until(page, 5, "the page");
    expect((await stored()).find(({ id }) => id === "school")).toMatchObject({ disabled: true });
    const restarts = running.restarts();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect([running.restarts(), running.state()]).toEqual([restarts, "up"]);
  }, 90_000);

  it.each([
    ["that never ends", "(async () => { for (;;) await null; })();", "it hung"],
    [
      "that takes all memory",
      "const kept = []; setInterval(() => kept.push(Buffer.alloc(40e6, 1)), 20);",
      "MB of memory",
    ],
    [
      "that leaves no time for anything else",
      "setInterval(() => { const end = Date.now() + 800; while (Date.now() < end); }, 1);",
      "leave no time",
    ],
  ])(
    "%s is ended, with its process and nothing else",
    async (_, func, problem) => {
      const { running, says } = await start(once(func), { silenceMs: 4000, busyMs: 2000 });
      await says(problem, 30);
      expect(running.restarts()).toBeLessThan(2);
    },
    60_000,
  );
});

describe("what a function of a school can reach", () => {
  it("is neither the broker's password, nor the process, nor a module", async () => {
    const { says } = await start(
      once(`
        const attempt = (way) => { try { return String(way()); } catch (error) { return "refused"; } };
        const make = (from) => attempt(() => from.constructor.constructor("return process")().pid);
        node.warn("RESULT" + JSON.stringify({
          globals: [typeof process, typeof require, typeof module],
          environment: ["FOCUS_MQTT_PASSWORD", "FOCUS_MQTT_USERNAME", "HOME"].map((name) => String(env.get(name) ?? "")),
          outside: [make(RED.util), make(global.get("lesson")), make(node.send), make(setTimeout), make(msg)],
          asynchronous: attempt(() => RED.util.evaluateNodeProperty.constructor("return process")().pid),
          settings: JSON.stringify([Object.keys(RED)]),
        }));
      `),
    );
    const line = await says("RESULT");
    expect(line).not.toContain(password);
    const result = JSON.parse(/RESULT(\{.*?\})(?=\{"level")/.exec(line)![1]!);
    expect(result.globals).toEqual(["undefined", "undefined", "undefined"]);
    expect(result.environment.slice(0, 2)).toEqual(["", ""]);
    expect(result.outside.filter((said: string) => said !== "refused" && said !== "undefined")).toEqual([]);
    expect(result.asynchronous).toBe("refused");
    expect(JSON.parse(result.settings)[0]).toEqual(["util"]);
  });

  it("starts no program, no thread, and touches no file outside, even outside of its context", async () => {
    const folder = await temporaryFolder();
    const outside = path.join(await temporaryFolder(), "outside");
    await writeFile(outside, "secret");
    const script = path.join(folder, "try.cjs");
    await writeFile(
      script,
      `const attempt = (way) => { try { way(); return "done"; } catch (error) { return error.code; } };
       const fs = require("node:fs");
       console.log(JSON.stringify([
         attempt(() => require("node:child_process").spawnSync("true")),
         attempt(() => new (require("node:worker_threads").Worker)(__filename)),
         attempt(() => fs.readFileSync(${JSON.stringify(outside)})),
         attempt(() => fs.writeFileSync(${JSON.stringify(outside)}, "")),
         attempt(() => fs.writeFileSync(__dirname + "/inside", "")),
       ]));`,
    );
    const { stdout } = spawnSync(process.execPath, [...fences(folder), script], { encoding: "utf8" });
    const denied = "ERR_ACCESS_DENIED";
    expect(JSON.parse(stdout)).toEqual([denied, denied, denied, denied, "done"]);
    expect(existsSync(path.join(folder, "inside"))).toBe(true);
  });
});
