import { readFileSync } from "node:fs";
import { mkdir, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import bcrypt from "bcryptjs";
import mqtt, { type MqttClient } from "mqtt";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { openRecord, type Recording, recordOptions } from "../../gateway/record/record.ts";
import { type LivePage, type LiveSurroundings, liveOptions, openLivePage } from "../../gateway/show/live.ts";
import { hasBrowser, openBrowser } from "../support/browser.ts";
import { startChild } from "../support/child.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { temporaryFolder } from "../support/places.ts";
import { childProcesses, isAlive } from "../support/processes.ts";
import { until } from "../support/programs.ts";

// Needs the compiled program (`npm run build`, which `npm test` does): the live page is a process of its own.

const password = "not to be seen anywhere";
const topics = "classroom/v1/school/room-1";
const log = createLogger("error", false);

const open = (
  mqtt: { url: string; username?: string; password?: string },
  dataFolder: string,
  options = {},
  past: LiveSurroundings["past"] = async () => [],
) =>
  openLivePage(liveOptions.parse({ port: 0, ...options }), {
    mqtt,
    site: "school",
    room: "room-1",
    counts: protectOptions.parse({}).focusTargets,
    past,
    dataFolder,
    log,
    clock: systemClock,
  });

/** Node-RED processes of this test, by id. */
const nodeReds = () =>
  childProcesses().filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("nodered/main.js"));

function windowNow(changes: object = {}): string {
  return JSON.stringify({
    time: new Date().toISOString(),
    window_s: 60,
    focus: 0.72,
    low: 0.62,
    high: 0.78,
    coverage: 0.9,
    heads: 22,
    expected: 24,
    targets: { board: 0.6, desk: 0.12, screen: 0, peer: 0.2, away: 0.08 },
    shifts_per_min: 3.4,
    synchrony: 0.5,
    activity: "lecture",
    lesson: "Photosynthesis",
    quality: "ok",
    model: "geometry@12345678",
    provider: "cpu:int8",
    ...changes,
  });
}

const iso = (time: number) => new Date(time).toISOString();

const unknown = { focus: null, low: null, high: null, targets: null, shifts_per_min: null, synchrony: null };

describe.skipIf(!hasMosquitto || !hasBrowser)("the live page (needs mosquitto and chromium)", () => {
  let mosquitto: Mosquitto;
  let record: Recording;
  let live: LivePage;
  let browser: Browser;
  let client: MqttClient;
  let folder: string;
  let page: Page;
  const heard: Array<{ topic: string; payload: string }> = [];

  const publish = (topic: string, payload: string) =>
    client.publishAsync(`${topics}/${topic}`, payload, { qos: 1 });
  const state = (name: string) =>
    page.waitForSelector(`.focus-live[data-state="${name}"]`, { timeout: 8000 });
  const number = () => page.locator('[data-part="number"]');
  const words = async (selector: string) =>
    ((await page.locator(selector).textContent()) ?? "").replace(/\s+/g, " ").trim();

  beforeAll(async () => {
    folder = await temporaryFolder();
    mosquitto = await startMosquitto({ users: { gateway: password } });
    const login = { url: mosquitto.url, username: "gateway", password };
    client = await mqtt.connectAsync(mosquitto.url, { username: "gateway", password });
    // As a gateway does: it is on, and what it says is recorded.
    await client.publishAsync(`${topics}/gateway/state`, "online", { qos: 1, retain: true });
    record = await openRecord(recordOptions.parse({}), {
      mqtt: { ...login, clientId: "recorder" },
      root: topics,
      dataFolder: folder,
      log,
      clock: systemClock,
    });
    live = await open(login, folder, {}, record.past);
    client.on("message", (topic, payload) => heard.push({ topic, payload: payload.toString() }));
    await client.subscribeAsync(`${topics}/set/#`, { qos: 1 });
    browser = await openBrowser();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(live.url);
    await state("waiting");
  });

  afterAll(async () => {
    await browser?.close();
    await client?.endAsync();
    await live?.close();
    await record?.close();
    await mosquitto?.stop();
  });

  it("is up, and waits without a number until the first window", async () => {
    expect(live.state()).toBe("up");
    expect(await number().count()).toBe(0);
    expect(await words('[data-part="word"]')).toBe("Waiting");
  });

  it("shows the number with its interval, words, shares and coverage, and changes with the class", async () => {
    await publish("focus", windowNow());
    await state("ok");
    expect(await words('[data-part="number"]')).toBe("72%");
    const text = await words(".focus-live");
    for (const part of [
      "62–78 %",
      "Most of the class is with you",
      "Photosynthesis",
      "22 of 24",
      "60 %",
      "live",
    ])
      expect(text).toContain(part);
    await publish("focus", windowNow({ focus: 0.31, low: 0.2, high: 0.4 }));
    await until(
      async () => ((await words('[data-part="number"]')).startsWith("31") ? true : undefined),
      5,
      "31 %",
    );
    expect(await words(".says")).toBe("Less than half are with you");
    expect(await page.title()).toContain("31 %");
  });

  it.each([
    ["paused", "Paused", "paused"],
    ["suppressed", "Not shown", "not shown"],
    ["no_camera", "No camera", "no camera"],
    ["low_coverage", "Not sure", "too few seen"],
  ])("shows %s as a word and a gap, without any number", async (quality, word, gap) => {
    await publish("focus", windowNow({ ...unknown, quality }));
    await state(quality);
    expect(await number().count()).toBe(0);
    expect(await words('[data-part="word"]')).toBe(word);
    const gaps = await page.locator("svg .gap title").evaluateAll((all) => all.map((it) => it.textContent));
    expect(gaps.at(-1)).toBe(gap);
    expect(await page.locator("svg .tip").count()).toBe(0);
  });

  it("shows no number in a break", async () => {
    await publish("focus", windowNow({ activity: "break" }));
    await state("break");
    expect(await number().count()).toBe(0);
  });

  it("takes three windows of silence for not knowing", async () => {
    await publish("focus", windowNow({ window_s: 1 }));
    await state("ok");
    await state("silence");
    expect(await number().count()).toBe(0);
    expect(await words(".heard")).toMatch(/last heard \d+ s ago/);
  });

  it("says that the gateway is off when its last will says so", async () => {
    await publish("focus", windowNow());
    await publish("gateway/state", "offline");
    await state("off");
    await publish("gateway/state", "online");
    await state("ok");
  });

  it("sends taps on activity, pause and mark to the gateway, and shows the mark that comes back", async () => {
    heard.length = 0;
    await page.getByRole("button", { name: "Seatwork" }).click();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("textbox").fill("experiment starts");
    await page.keyboard.press("Enter");
    await until(() => (heard.length === 3 ? true : undefined), 5, "three messages");
    expect(heard.map(({ topic, payload }) => [topic.slice(topics.length + 1), JSON.parse(payload)])).toEqual([
      ["set/activity", { activity: "seatwork" }],
      ["set/pause", { paused: true }],
      ["set/mark", { text: "experiment starts" }],
    ]);
    const mark = { time: new Date().toISOString(), kind: "mark", text: "experiment starts" };
    await publish("event/mark", JSON.stringify(mark));
    await page.locator(".event text", { hasText: "experiment starts" }).waitFor({ timeout: 5000 });
    await publish("focus", windowNow({ activity: "seatwork" }));
    await page.locator('button[aria-pressed="true"]', { hasText: "Seatwork" }).waitFor({ timeout: 5000 });
  });

  it("offers to resume while paused", async () => {
    await publish("focus", windowNow({ ...unknown, quality: "paused" }));
    heard.length = 0;
    await page.getByRole("button", { name: "Resume" }).click();
    await until(() => (heard.length > 0 ? true : undefined), 5, "the message");
    expect(heard[0]).toEqual({ topic: `${topics}/set/pause`, payload: '{"paused":false}' });
  });

  it("gives a new browser, on a phone, the whole lesson at once and loads nothing from elsewhere", async () => {
    await publish("focus", windowNow());
    const phone = await browser.newPage({ viewport: { width: 390, height: 844 } });
    const problems: string[] = [];
    phone.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== "data:" && origin !== new URL(live.url).origin)
        problems.push(`outside: ${request.url()}`);
    });
    phone.on("console", (line) => {
      if (line.type() === "error") problems.push(line.text());
    });
    phone.on("pageerror", (error) => problems.push(error.message));
    await phone.goto(live.url);
    await phone.locator('[data-part="number"]').waitFor({ timeout: 8000 });
    const mark = phone.locator(".event text", { hasText: "experiment starts" });
    await mark.waitFor({ state: "attached", timeout: 5000 });
    expect(await phone.locator("svg .gap").count()).toBeGreaterThan(0);
    const isTooWide = await phone.evaluate("document.querySelector('.focus-live').scrollWidth > innerWidth");
    expect([isTooWide, problems]).toEqual([false, []]);
    await phone.close();
  });

  it("can be used with the keyboard alone, and speaks to a screen reader", async () => {
    await page.getByRole("textbox").focus();
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Mark");
    await publish("focus", windowNow({ focus: 0.9, low: 0.8, high: 0.95 }));
    const status = page.getByRole("status");
    await until(
      async () => ((await status.textContent())?.includes("Nearly everyone") ? true : undefined),
      5,
      "words",
    );
    expect(await page.locator(".stack").getAttribute("aria-label")).toContain("Board 60 %");
  });

  it("keeps its editor shut, over HTTP and over the socket", async () => {
    const root = new URL(live.url).origin;
    for (const path of [
      "/",
      "/editor",
      "/editor/",
      "/editor/flows",
      "/flows",
      "/settings",
      "/auth/login",
      "/nodes",
    ])
      expect([path, (await fetch(root + path)).status]).toEqual([path, 404]);
    expect((await fetch(`${root}/flows`, { method: "POST", body: "[]" })).status).toBe(404);
    for (const path of ["/comms", "/editor/comms"]) expect(await talk(root + path, ["{}"])).toEqual([]);
    expect(live.editorUrl).toBeNull();
    expect((await fetch(`${live.url}/_debug/datastore/focus-gateway-page`)).status).toBe(404);
  });

  it("answers no other web site: neither under a foreign name, nor over a socket from a foreign page", async () => {
    const socket = `${live.url}/socket.io/?EIO=4&transport=websocket`;
    const own = new URL(live.url).origin;
    expect((await talk(socket, ["40"], { origin: own })).some((said) => said.startsWith("40"))).toBe(true);
    const foreign = await talk(socket, ["40"], { origin: "https://elsewhere.example" });
    expect(foreign.filter((said) => said.startsWith("4"))).toEqual(['44{"message":"not from here"}']);
    const renamed = await talk(socket, ["40"], { host: "elsewhere.example" });
    expect(renamed.filter((said) => said.startsWith("4"))).toEqual(['44{"message":"not from here"}']);
  });

  it("keeps secrets out of arguments, environment and files others can read", async () => {
    const [pid] = nodeReds();
    for (const file of ["cmdline", "environ"])
      expect(readFileSync(`/proc/${pid}/${file}`, "utf8")).not.toContain(password);
    const data = path.join(folder, "node-red");
    expect((await stat(data)).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(data, "credential-secret"))).mode & 0o777).toBe(0o600);
    expect(readFileSync(path.join(data, "flows.json"), "utf8")).not.toContain(password);
  });

  it("is started again after it was killed, and the open page goes on by itself", async () => {
    const [pid] = nodeReds();
    process.kill(pid!, "SIGKILL");
    await until(() => (live.state() === "failed" ? true : undefined), 5, "the end");
    await page.locator(".heard", { hasText: /last heard/ }).waitFor({ timeout: 5000 });
    // Whoever opens the page while Node-RED starts is told so, and comes in without doing anything.
    const early = await browser.newPage();
    await until(() => early.goto(live.url).then(Boolean, () => undefined), 20, "an answer");
    expect(await early.textContent("body")).toContain("The page is starting");
    await early.locator(".focus-live").waitFor({ timeout: 20_000 });
    await early.close();
    await publish("event/mark", JSON.stringify({ time: iso(Date.now()), kind: "mark", text: "meanwhile" }));
    await until(() => (live.state() === "up" ? true : undefined), 20, "the new start");
    expect(live.restarts()).toBe(1);
    const again = async () => {
      await publish("focus", windowNow({ focus: 0.55, low: 0.5, high: 0.6 }));
      await new Promise((resolve) => setTimeout(resolve, 300));
      return (await number().count()) === 1 && (await words('[data-part="number"]')).startsWith("55")
        ? true
        : undefined;
    };
    await until(again, 20, "55 %");
    // What this page saw before is not lost with the process.
    expect(await page.locator("svg .gap").count()).toBeGreaterThan(0);
    // Nor with the page: one that is opened now has the lesson too, and so has this one what was said while nobody listened.
    const late = await browser.newPage();
    await late.goto(live.url);
    for (const each of [late, page])
      for (const text of ["experiment starts", "meanwhile"])
        await each.getByText(text).first().waitFor({ state: "attached", timeout: 8000 });
    expect(await late.locator("svg .gap").count()).toBe(await page.locator("svg .gap").count());
    await late.close();
  });

  it("leaves no process behind when it is closed, also twice", async () => {
    const [pid] = nodeReds();
    await live.close();
    await live.close();
    expect([isAlive(pid!), nodeReds()]).toEqual([false, []]);
    await expect(fetch(live.url)).rejects.toThrow();
  });
});

describe.skipIf(!hasMosquitto)("a live page behind passwords (needs mosquitto)", () => {
  let mosquitto: Mosquitto;
  let live: LivePage;
  let folder: string;

  const start = async () =>
    open({ url: mosquitto.url }, folder, {
      page: { passwordHash: await bcrypt.hash("for teachers", 8) },
      editor: { passwordHash: await bcrypt.hash("for admins", 8) },
    });

  beforeAll(async () => {
    mosquitto = await startMosquitto();
    folder = await temporaryFolder();
    // As a power cut leaves it.
    await mkdir(path.join(folder, "node-red"), { mode: 0o700 });
    await writeFile(path.join(folder, "node-red", "credential-secret"), "");
    live = await start();
  });

  afterAll(async () => {
    await live?.close();
    await mosquitto?.stop();
  });

  const basic = (name: string, password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${name}:${password}`).toString("base64")}` },
  });

  it("asks for the page's password, over HTTP and over the socket", async () => {
    expect((await fetch(`${live.url}/`)).status).toBe(401);
    expect((await fetch(`${live.url}/`, basic("teacher", "wrong"))).status).toBe(401);
    expect((await fetch(`${live.url}/`, basic("someone", "for teachers"))).status).toBe(401);
    const socket = `${live.url}/socket.io/?EIO=4&transport=websocket`;
    const refused = await talk(socket, ["40"]);
    expect(refused.filter((said) => said.startsWith("4"))).toEqual(['44{"message":"a password is needed"}']);

    const answer = await fetch(`${live.url}/`, basic("teacher", "for teachers"));
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('<div id="app">')]);
    const cookie = answer.headers.get("set-cookie")!;
    expect(cookie).toMatch(/HttpOnly; SameSite=Strict/);
    const allowed = await talk(socket, ["40"], { cookie: cookie.split(";")[0]! });
    expect(allowed.some((said) => said.startsWith("40"))).toBe(true);
  });

  it("lets nobody edit without the admin's password, over HTTP and over the socket", async () => {
    const editor = live.editorUrl!;
    const attempt = { method: "POST", headers: { "content-type": "application/json" }, body: "[]" };
    expect((await fetch(`${editor}/`)).status).toBe(200);
    expect((await fetch(`${editor}/flows`)).status).toBe(401);
    expect((await fetch(`${editor}/flows`, attempt)).status).toBe(401);
    expect((await fetch(`${editor}/flows`, basic("teacher", "for teachers"))).status).toBe(401);
    const said = await talk(`${editor}/comms`, [JSON.stringify({ auth: "guess" })]);
    expect(said.join()).toMatch(/"auth":"fail"/);
    expect(await token(editor, "guess")).toBeNull();
  });

  it("opens the editor to the admin, who can install nothing and finds no dangerous nodes", async () => {
    const editor = live.editorUrl!;
    const authorization = `Bearer ${await token(editor, "for admins")}`;
    const get = async (path: string) =>
      (await fetch(editor + path, { headers: { authorization, accept: "application/json" } })).json();
    const nodes = (await get("/nodes")) as Array<{ name: string; types: string[] }>;
    const types = nodes.flatMap((node) => node.types);
    expect(types).toEqual(expect.arrayContaining(["function", "mqtt in", "ui-template"]));
    for (const type of ["exec", "file", "file in", "watch", "http in", "http request", "tcp in", "udp in"])
      expect(types).not.toContain(type);
    const install = await fetch(`${editor}/nodes`, {
      method: "POST",
      headers: { authorization, "content-type": "application/json" },
      body: JSON.stringify({ module: "node-red-node-random" }),
    });
    // Where a palette that may be installed from would answer, there is nothing.
    expect(install.status).toBe(404);
  });

  it("keeps a school's own flows and their credentials over a restart, and puts its own back", async () => {
    const flows = async (change?: (flows: FlowNode[]) => object[]) => {
      const authorization = `Bearer ${await token(live.editorUrl!, "for admins")}`;
      const get = await fetch(`${live.editorUrl}/flows`, {
        headers: { authorization, accept: "application/json" },
      });
      const stored = (await get.json()) as FlowNode[];
      if (!change) return stored;
      const body = JSON.stringify(change(stored));
      const headers = { authorization, "content-type": "application/json" };
      expect((await fetch(`${live.editorUrl}/flows`, { method: "POST", headers, body })).status).toBe(204);
      return stored;
    };
    const own = {
      id: "a1b2c3",
      type: "mqtt-broker",
      name: "the school's",
      broker: "127.0.0.1",
      port: "9",
      autoConnect: false,
    };
    const credentials = { user: "school", password: "a secret of the school" };
    const before = await flows((all) => [
      ...all.filter(({ id }) => id !== "focus-gateway-told"),
      { ...own, credentials },
    ]);
    await live.close();
    expect(readFileSync(path.join(folder, "node-red", "credential-secret"), "utf8")).toMatch(/^[\w-]{43}\n$/);
    const stored = path.join(folder, "node-red", "flows_cred.json");
    expect(readFileSync(stored, "utf8")).not.toContain("a secret");
    live = await start();
    const after = await flows();
    expect(after.find(({ id }) => id === own.id)).toMatchObject(own);
    expect(after.map(({ id }) => id)).toEqual([...before.map(({ id }) => id), own.id]);
    expect(Object.keys(JSON.parse(readFileSync(stored, "utf8")) as object)).toEqual(["$"]);
  });
});

describe("a live page whose parent dies", () => {
  it("ends by itself", async () => {
    const parent = await startChild("test/show/children/live.ts", [await temporaryFolder()]);
    await until(() => parent.lines().at(0), 20, "the page's address");
    const [pid] = childProcesses(parent.process.pid);
    expect(isAlive(pid!)).toBe(true);
    await parent.kill("SIGKILL");
    await until(() => (isAlive(pid!) ? undefined : true), 5, "the end of the process");
  });
});

describe("opening a live page", () => {
  const nowhere = { url: "mqtt://127.0.0.1:9" };

  it("names the key when its port is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const opening = open(nowhere, await temporaryFolder(), { port });
    await expect(opening).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(opening).rejects.toThrow(String(port));
    await until(() => (nodeReds().length === 0 ? true : undefined), 5, "the end of the process");
  });

  it("refuses to be exposed without a password for the page", async () => {
    const opening = open(nowhere, await temporaryFolder(), { host: "0.0.0.0" });
    await expect(opening).rejects.toMatchObject({ code: "EXPOSED_WITHOUT_CREDENTIALS" });
  });

  it("takes no password where a hash belongs", () => {
    expect(() => liveOptions.parse({ editor: { passwordHash: "secret" } })).toThrow("not a bcrypt hash");
  });
});

interface FlowNode {
  readonly id: string;
}

/** What a WebSocket says within a second after having been told `words`; nothing when it is refused. */
function talk(
  url: string,
  words: readonly string[],
  headers: Record<string, string> = {},
): Promise<string[]> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http", "ws"), { headers });
    const said: string[] = [];
    const end = setTimeout(() => {
      socket.terminate();
      resolve(said);
    }, 1000);
    socket.on("open", () => words.forEach((word) => void socket.send(word)));
    socket.on("message", (data) => said.push(data.toString()));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(end);
      resolve(said);
    });
  });
}

async function token(editor: string, password: string): Promise<string | null> {
  const answer = await fetch(`${editor}/auth/token`, {
    method: "POST",
    body: new URLSearchParams({
      client_id: "node-red-editor",
      grant_type: "password",
      scope: "*",
      username: "admin",
      password,
    }),
  });
  return answer.ok ? ((await answer.json()) as { access_token: string }).access_token : null;
}
