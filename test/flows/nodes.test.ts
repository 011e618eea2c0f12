import { readFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import path from "node:path";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../support/mosquitto.ts";
import { until } from "../support/programs.ts";
import { nine, nodesFolder, ofNodes, windowAt } from "./windows.ts";

const require = createRequire(import.meta.url);
const helper = require("node-red-node-test-helper");
const manifest = ofNodes("package.json")["node-red"].nodes as Record<string, string>;
const nodes = [
  require("@node-red/nodes/core/network/10-mqtt.js"),
  ...Object.values(manifest).map((file) => ofNodes(file)),
];
const root = "classroom/v1/school/room-1";
const login = { user: "school", password: "of the school" };

interface HelperNode {
  on(name: "input", hear: (message: Message) => void): void;
  receive(message: object): void;
}
interface Message {
  readonly payload: unknown;
  readonly [key: string]: unknown;
}

describe.skipIf(!hasMosquitto)(
  "our nodes in a Node-RED, on a broker with a password (needs mosquitto)",
  () => {
    let mosquitto: Mosquitto;
    let client: MqttClient;
    const told: Array<{ topic: string; body: unknown; retain: boolean }> = [];

    beforeAll(async () => {
      mosquitto = await startMosquitto({ users: { school: login.password } });
      client = await mqtt.connectAsync(mosquitto.url, { username: login.user, password: login.password });
      client.on("message", (topic, payload, { retain }) =>
        told.push({ topic: topic.slice(root.length + 1), body: JSON.parse(payload.toString()), retain }),
      );
      await client.subscribeAsync(`${root}/set/#`, { qos: 1 });
      helper.init(require.resolve("node-red"));
      await new Promise((resolve) => helper.startServer(resolve));
    });
    afterEach(async () => {
      await helper.unload();
      told.length = 0;
    });
    afterAll(async () => {
      await new Promise((resolve) => helper.stopServer(resolve));
      await client?.endAsync();
      await mosquitto?.stop();
    });

    /** Runs one node of ours; gives it, and what comes out of each of its outputs. */
    async function run(
      node: { type: string; [key: string]: unknown },
      more: object[] = [],
      credentials = {},
    ) {
      const flow = [
        { id: "tab", type: "tab" },
        { id: "broker", type: "mqtt-broker", broker: "127.0.0.1", port: String(mosquitto.port) },
        { id: "room", type: "focus-room", broker: "broker", site: "school", room: "room-1" },
        { id: "node", z: "tab", room: "room", wires: [["out"], ["second"]], ...node },
        { id: "out", z: "tab", type: "helper" },
        { id: "second", z: "tab", type: "helper" },
        ...more,
      ];
      await helper.load(nodes, flow, { broker: login, ...credentials });
      const came: Message[] = [];
      const second: Message[] = [];
      helper.getNode("out").on("input", (message: Message) => came.push(message));
      helper.getNode("second").on("input", (message: Message) => second.push(message));
      const broker = helper.getNode("broker");
      // Those that only reckon do not talk to the broker.
      if (Object.keys(broker.users).length > 0) {
        await until(() => (broker.connected ? true : undefined), 10, "the broker");
        // Subscriptions are on their way on the same connection, ahead of anything that is heard through it.
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      const errors: string[] = [];
      const mine = helper.getNode("node") as HelperNode & { error: (error: unknown) => void };
      const report = mine.error;
      mine.error = (error) => {
        errors.push(String(error));
        report.call(mine, error);
      };
      return { node: mine, came, second, errors };
    }
    const say = (topic: string, body: unknown) =>
      client.publishAsync(`${root}/${topic}`, typeof body === "string" ? body : JSON.stringify(body), {
        qos: 1,
      });
    const first = <T>(list: readonly T[]) => until(() => list.at(0), 5, "a message");

    it("have each a help text, an icon and a place in the palette, and no two share a type", () => {
      expect(Object.keys(manifest)).toHaveLength(13);
      for (const [type, file] of Object.entries(manifest)) {
        const page = readFileSync(path.join(nodesFolder, file.replace(/js$/, "html")), "utf8");
        expect(page).toContain(`registerType("${type}"`);
        expect(page.split(`data-help-name="${type}"`)[1]!.length, `help of ${type}`).toBeGreaterThan(150);
        if (!page.includes('category: "config"')) expect(page).toMatch(/icon: "font-awesome\/fa-[a-z-]+"/);
      }
    });

    it("hear the room, and nothing else of it", async () => {
      const { came } = await run({ type: "focus-in", about: "room" });
      await say("zone/back/focus", windowAt(nine));
      await say("focus", "no JSON");
      await say("focus", windowAt(nine));
      expect(await first(came)).toMatchObject({
        topic: `${root}/focus`,
        payload: { focus: 0.8, quality: "ok" },
      });
      expect(came).toHaveLength(1);
    });

    it("hear a zone, and events of the kinds that are asked for", async () => {
      const zone = await run({ type: "focus-in", about: "zone", zone: "back" });
      await say("zone/front/focus", windowAt(nine));
      await say("zone/back/focus", windowAt(nine, { focus: 0.3 }));
      expect(await first(zone.came)).toMatchObject({ zone: "back", payload: { focus: 0.3 } });
      await helper.unload();
      const events = await run({ type: "focus-in", about: "events", kinds: "mark, focus_drop" });
      await say("event/paused", { kind: "paused" });
      await say("event/mark", { kind: "mark", text: "quiz" });
      expect(await first(events.came)).toMatchObject({ kind: "mark", payload: { text: "quiz" } });
      expect(events.came).toHaveLength(1);
    });

    it("hear a sensor's good readings", async () => {
      const { came } = await run({ type: "focus-sensor", quantity: "co2" });
      await say("sensor/a/temperature", { value: 21, unit: "Cel", quality: "ok" });
      await say("sensor/a/co2", { value: 0, unit: "[ppm]", quality: "stuck" });
      await say("sensor/a/co2", { value: 812, unit: "[ppm]", quality: "ok" });
      await say("sensor/b/co2", { value: 820, unit: "[ppm]", quality: "low_battery" });
      expect(await first(came)).toMatchObject({ payload: 812, device: "a", quantity: "co2", unit: "[ppm]" });
      await until(() => came[1], 5, "the second device's");
      expect(came.map(({ payload }) => payload)).toEqual([812, 820]);
    });

    it.each([
      ["activity", { type: "focus-activity" }, "group", "set/activity", { activity: "group" }],
      [
        "activity with a lesson",
        { type: "focus-activity", activity: "exam", lesson: "Maths" },
        1,
        "set/activity",
        { activity: "exam", lesson: "Maths" },
      ],
      ["mark", { type: "focus-mark" }, " quiz ", "set/mark", { text: "quiz" }],
      [
        "pause for a while",
        { type: "focus-pause", mode: "pause", minutes: "10" },
        1,
        "set/pause",
        { paused: true, minutes: 10 },
      ],
      ["pause by message", { type: "focus-pause", mode: "msg" }, "off", "set/pause", { paused: false }],
      [
        "notice",
        { type: "focus-tell", as: "notice" },
        "hello",
        "set/notice",
        { about: "flow", text: "hello", source: "flow" },
      ],
      [
        "suggestion",
        { type: "focus-tell", as: "suggestion" },
        { about: "rest", text: "A break?", activity: "break" },
        "set/suggestion",
        { about: "rest", text: "A break?", source: "flow", activity: "break" },
      ],
    ])("tell the gateway: %s", async (_, config, payload, topic, body) => {
      const { node, came } = await run(config);
      node.receive({ payload });
      expect(await first(told)).toEqual({ topic, body, retain: false });
      await first(came);
    });

    it.each([
      ["an activity that there is not", { type: "focus-activity" }, "party"],
      ["a mark without a text", { type: "focus-mark" }, ""],
      ["a pause of which nobody knows what it means", { type: "focus-pause", mode: "msg" }, "perhaps"],
      ["more than the teacher can read", { type: "focus-tell", as: "notice" }, "x".repeat(161)],
    ])("tell nobody %s", async (_, config, payload) => {
      const { node, errors, came } = await run(config);
      node.receive({ payload });
      await first(errors);
      expect([told, came]).toEqual([[], []]);
    });

    it("let one button pause and go on, following what others did meanwhile", async () => {
      const { node } = await run({ type: "focus-pause", mode: "toggle" });
      node.receive({ payload: "press" });
      expect((await first(told)).body).toEqual({ paused: true });
      await say("event/resumed", { kind: "resumed" });
      await say("event/paused", { kind: "paused" });
      await new Promise((resolve) => setTimeout(resolve, 200));
      node.receive({ payload: "press" });
      expect((await until(() => told.at(1), 5)).body).toEqual({ paused: false });
    });

    it("let a button pause while the timetable does, so that the camera stays closed in the next lesson", async () => {
      const { node } = await run({ type: "focus-pause", mode: "toggle" });
      await say("gateway/health", { shut_by: ["timetable"] });
      await say("focus", windowAt(Date.now(), { quality: "paused" }));
      await new Promise((resolve) => setTimeout(resolve, 200));
      node.receive({ payload: "press" });
      expect((await first(told)).body).toEqual({ paused: true });
      await say("gateway/health", { shut_by: ["timetable", "teacher"] });
      await new Promise((resolve) => setTimeout(resolve, 200));
      node.receive({ payload: "press" });
      expect((await until(() => told.at(1), 5)).body).toEqual({ paused: false });
    });

    it("tell of a lasting drop on one output, and of its end on the other", async () => {
      const { node, came, second } = await run({
        type: "focus-drop",
        fall: 0.2,
        minutes: 0,
        quietMinutes: "",
      });
      const now = Date.now();
      const low = { focus: 0.4, low: 0.3, high: 0.45 };
      for (let i = 0; i < 12; i++)
        node.receive({ payload: windowAt(now - 110_000 + i * 10_000, i === 10 ? low : {}) });
      expect((await first(came)).payload).toMatchObject({ about: "focus_drop", focus: 0.4, usual: 0.8 });
      expect((await first(second)).payload).toMatchObject({ about: "focus_recovered" });
    });

    it("suggest airing from a sensor's message", async () => {
      const { node, came } = await run({ type: "focus-air", ppm: "", minutes: 0 });
      node.receive({ quantity: "temperature", payload: 2000, time: new Date().toISOString() });
      node.receive({ quantity: "co2", payload: 2000, time: new Date().toISOString() });
      expect((await first(came)).payload).toMatchObject({ about: "air" });
      expect(came).toHaveLength(1);
    });

    it("sum a lesson up when its break begins", async () => {
      const { node, came } = await run({ type: "focus-summary", minimumMinutes: 1 });
      for (let i = 0; i < 12; i++)
        node.receive({ payload: windowAt(nine + i * 10_000, { lesson: "Maths" }) });
      node.receive({ payload: windowAt(nine + 120_000, { activity: "break" }) });
      expect((await first(came)).payload).toMatchObject({ about: "summary", lesson: "Maths", minutes: 2 });
    });

    /** A place that takes posts, and answers each with the next of `answers`; 200 after those. */
    async function place(answers: Array<[number, Record<string, string>?]> = []) {
      const posts: Array<{ url: string; headers: IncomingHttpHeaders; body: unknown }> = [];
      const server = createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
        posts.push({ url: request.url!, headers: request.headers, body });
        const [status, headers] = answers.shift() ?? [200];
        response.writeHead(status, headers).end("{}");
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      onTestFinished(() => {
        server.closeAllConnections();
        server.close();
      });
      return { posts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    }

    it("post to a webhook until it has been taken, in order, and leave out what is refused", async () => {
      const { posts, url } = await place([[503], [400], [302, { location: "/elsewhere" }]]);
      const { node, came, errors } = await run(
        { type: "focus-webhook", destination: "there" },
        [{ id: "there", type: "focus-destination", url: `${url}/hook` }],
        { there: { token: "t0ken" } },
      );
      for (const payload of ["one", "two", "three"]) node.receive({ payload });
      await until(() => (came.length === 2 ? true : undefined), 10, "all to be sent");
      expect(came.map(({ payload, statusCode }) => [payload, statusCode])).toEqual([
        ["two", 200],
        ["three", 200],
      ]);
      expect(posts.map(({ body }) => body)).toEqual(["one", "one", "two", "two", "three"]);
      expect(posts[0]).toMatchObject({ url: "/hook", headers: { authorization: "Bearer t0ken" } });
      expect(errors.join()).toContain("HTTP 400");
    });

    it("state what the room did to a learning record store that keeps the rules of xAPI 1.0.3", async () => {
      const { posts, url } = await place([[500], [409]]);
      const { node, came } = await run(
        {
          type: "focus-xapi",
          destination: "store",
          homePage: "https://school.example",
          site: "school",
          room: "room-1",
        },
        [{ id: "store", type: "focus-destination", url: `${url}/xapi/` }],
        { store: { username: "focus", password: "of the store" } },
      );
      for (let i = 0; i < 12; i++)
        node.receive({ payload: windowAt(nine + i * 10_000, { lesson: "Maths" }) });
      node.receive({ payload: windowAt(nine + 120_000, { activity: "break" }) });
      expect(await first(came)).toMatchObject({ statusCode: 409 });
      expect(posts).toHaveLength(2);
      // Sent again, it is the same statement: a store takes an id once.
      expect(posts[1]!.body).toEqual(posts[0]!.body);
      const basic = Buffer.from("focus:of the store").toString("base64");
      for (const { url, headers, body } of posts) {
        expect(url).toBe("/xapi/statements");
        expect(headers).toMatchObject({
          "x-experience-api-version": "1.0.3",
          "content-type": "application/json",
          authorization: `Basic ${basic}`,
        });
        checkStatement(body as Record<string, unknown>);
      }
    });
  },
);

/** The rules of xAPI 1.0.3 (Data, 2.2 and 2.4) that a statement of ours could break; no null but in extensions (2.2). */
function checkStatement(statement: Record<string, unknown>): void {
  const iri = expect.stringMatching(/^https?:\/\/[^\s]+$/);
  expect(Object.keys(statement).filter((key) => !STATEMENT.includes(key))).toEqual([]);
  expect(statement).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    version: "1.0.3",
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    verb: { id: iri, display: { "en-US": expect.any(String) } },
    object: {
      objectType: "Activity",
      id: iri,
      definition: { type: iri, name: { "en-US": expect.any(String) } },
    },
    result: { duration: expect.stringMatching(/^PT\d+S$/) },
  });
  // 2.4.2.2: an identified group has exactly one identifier; and ours has no member, who would be a learner.
  expect(Object.keys(statement.actor as object).sort()).toEqual(["account", "name", "objectType"]);
  expect(statement.actor).toMatchObject({
    objectType: "Group",
    account: { homePage: iri, name: expect.any(String) },
  });
  const { extensions } = statement.result as { extensions: Record<string, unknown> };
  for (const key of Object.keys(extensions)) expect(key).toEqual(iri);
  expect(JSON.stringify(statement)).not.toContain("null");
}

const STATEMENT = ["id", "version", "timestamp", "actor", "verb", "object", "result", "context"];
