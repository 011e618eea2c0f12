import bcrypt from "bcryptjs";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../gateway/clock.ts";
import { createLogger } from "../../../gateway/log.ts";
import { protectOptions } from "../../../gateway/protect/protect.ts";
import { flowsOptions } from "../../../gateway/show/flows.ts";
import { type LivePage, liveOptions, openLivePage } from "../../../gateway/show/live.ts";
import { windowAt } from "../../flows/windows.ts";
import { hasMosquitto, type Mosquitto, startMosquitto } from "../../support/mosquitto.ts";
import { temporaryFolder } from "../../support/places.ts";
import { until } from "../../support/programs.ts";

// Needs the compiled program: what runs flows is a process of its own.

const root = "classroom/v1/school/room-1";
const login = { username: "gateway", password: "nobody types this" };

describe.skipIf(!hasMosquitto)("the flows that come along, in a gateway's Node-RED (needs mosquitto)", () => {
  let mosquitto: Mosquitto;
  let live: LivePage;
  let client: MqttClient;
  const told: Array<{ topic: string; body: Record<string, unknown> }> = [];
  const say = (topic: string, body: unknown) =>
    client.publishAsync(topic, typeof body === "string" ? body : JSON.stringify(body), { qos: 1 });

  beforeAll(async () => {
    mosquitto = await startMosquitto({ users: { [login.username]: login.password } });
    live = await openLivePage(
      liveOptions.parse({ port: 0, editor: { passwordHash: await bcrypt.hash("for admins", 4) } }),
      {
        mqtt: { url: mosquitto.url, ...login },
        site: "school",
        room: "room-1",
        counts: protectOptions.parse({}).focusTargets,
        flows: flowsOptions.parse({
          air: { minutes: 0 },
          button: { topic: "zigbee2mqtt/button" },
          tutor: { follow: ["maths tutor"] },
        }),
        dataFolder: await temporaryFolder(),
        log: createLogger("error"),
        clock: systemClock,
      },
    );
    client = await mqtt.connectAsync(mosquitto.url, login);
    client.on("message", (topic, payload) =>
      told.push({ topic: topic.slice(root.length + 5), body: JSON.parse(payload.toString()) }),
    );
    await client.subscribeAsync(`${root}/set/+`, { qos: 1 });
    // Heard, so they are connected: the same connection serves them all.
    await until(
      async () => {
        await say("zigbee2mqtt/button", { action: "single" });
        await new Promise((resolve) => setTimeout(resolve, 1100));
        return told.at(0);
      },
      20,
      "the button",
    );
  });
  afterAll(async () => {
    await client?.endAsync();
    await live?.close();
    await mosquitto?.stop();
  });
  const next = (topic: string) => until(() => told.find((it) => it.topic === topic), 10, topic);

  it("pause when the button in the room is pressed, once a press", async () => {
    expect(told[0]).toEqual({ topic: "pause", body: { paused: true } });
    await say("zigbee2mqtt/button", { action: "" });
    told.length = 0;
    await say(`${root}/event/resumed`, { time: new Date().toISOString(), kind: "resumed" });
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await say("zigbee2mqtt/button", "single");
    await say("zigbee2mqtt/button", "single");
    expect((await next("pause")).body).toEqual({ paused: true });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(told.filter(({ topic }) => topic === "pause")).toHaveLength(1);
  });

  it("suggest airing, but not in an exam", async () => {
    const air = () => ({ time: new Date().toISOString(), value: 1500, unit: "[ppm]", quality: "ok" });
    await say(`${root}/focus`, windowAt(Date.now(), { activity: "exam" }));
    await say(`${root}/sensor/co2-1/co2`, air());
    await say(`${root}/focus`, windowAt(Date.now(), { activity: "lecture" }));
    await say(`${root}/sensor/co2-1/co2`, { ...air(), value: 1600 });
    expect((await next("suggestion")).body).toEqual({
      about: "air",
      text: "CO₂ is at 1600 ppm: open the windows for a few minutes?",
      source: "air and breaks",
    });
  });

  it("follow the suggestion of a program that the config names, and nobody else's, and never into an exam", async () => {
    const suggest = (source: string, activity: string) =>
      say(`${root}/event/suggestion`, {
        time: new Date().toISOString(),
        kind: "suggestion",
        about: "change",
        text: "Try it",
        source,
        activity,
      });
    told.length = 0;
    await suggest("somebody", "seatwork");
    await suggest("maths tutor", "exam");
    await suggest("maths tutor", "group");
    expect((await next("activity")).body).toEqual({ activity: "group" });
    expect(told.filter(({ topic }) => topic === "activity")).toHaveLength(1);
  });

  it("cannot be read or changed without the password, whatever way is tried", async () => {
    const { origin } = new URL(live.url);
    const roots = ["/editor", "/EDITOR", "//editor", "/live/../editor", "/editor/%2e%2e/editor", ""];
    const paths = [
      "/flows",
      "/flow/focus-gateway-live",
      "/nodes",
      "/settings",
      "/settings/user",
      "/context/global",
    ];
    for (const start of roots)
      for (const place of [
        ...paths,
        "/library/local/flows/",
        "/credentials/mqtt-broker/focus-gateway-broker",
      ])
        for (const method of ["GET", "POST", "PUT", "DELETE"]) {
          const headers = { "content-type": "application/json" };
          const body = method === "GET" || method === "DELETE" ? {} : { body: "[]" };
          const { status } = await fetch(`${origin}${start}${place}`, { method, headers, ...body });
          expect([401, 404], `${method} ${start}${place}: ${status}`).toContain(status);
        }
    expect(
      (await fetch(`${origin}/editor/flows`, { headers: { authorization: "Bearer guess" } })).status,
    ).toBe(401);
  });
});
