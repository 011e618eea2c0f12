import pino from "pino";
import { expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/broker.ts";
import { type Control, listenForControls, readControl } from "../../gateway/publish/controls.ts";
import { until } from "../support/programs.ts";

const read = (topic: string, payload: string) => readControl(`set/${topic}`, Buffer.from(payload));

test("takes objects and bare words", () => {
  expect(read("activity", '{"activity":"lecture","lesson":"Maths"}')).toEqual({
    kind: "activity",
    activity: "lecture",
    lesson: "Maths",
  });
  expect(read("activity", " seatwork\n")).toEqual({ kind: "activity", activity: "seatwork" });
  expect(read("pause", '{"paused":true,"minutes":10}')).toEqual({ kind: "pause", paused: true, minutes: 10 });
  for (const word of ["on", "true", "ON"])
    expect(read("pause", word)).toEqual({ kind: "pause", paused: true });
  for (const word of ["off", "false"]) expect(read("pause", word)).toEqual({ kind: "pause", paused: false });
  expect(read("mark", '{"text":"fire drill"}')).toEqual({ kind: "mark", text: "fire drill" });
  expect(read("mark", "42")).toEqual({ kind: "mark", text: "42" });
  expect(read("mark", "two\nlines\u001b[31m\u0000 and\u202e more")).toEqual({
    kind: "mark",
    text: "two lines [31m and more",
  });
});

test("takes what the teacher shall be told, from flows and from programs outside", () => {
  expect(read("notice", '{"about":"summary","text":"45 min"}')).toEqual({
    kind: "notice",
    about: "summary",
    text: "45 min",
    source: "flow",
  });
  const suggestion = { about: "rest", text: "A break?", activity: "break", source: "tutor" };
  expect(read("suggestion", JSON.stringify(suggestion))).toEqual({ kind: "suggestion", ...suggestion });
  expect(read("suggestion", "try groups")).toMatchObject({ about: "flow", text: "try groups" });
});

test("says what is wrong with what it does not take", () => {
  const thrown = (attempt: () => unknown) => {
    try {
      return attempt();
    } catch (error) {
      return error;
    }
  };
  const wrong: [string, string, RegExp][] = [
    ["activity", "dancing", /activity: .*"lecture"/],
    ["activity", '{"activity":"lecture","teacher":"x"}', /teacher/],
    ["activity", "null", /activity/],
    ["activity", "[1]", /expected object/],
    ["pause", "perhaps", /paused: on or off/],
    ["pause", "constructor", /paused: on or off/],
    ["pause", '{"paused":true,"minutes":-5}', /minutes/],
    ["pause", '{"paused":true,"minutes":1e308}', /minutes/],
    ["mark", "x".repeat(81), /text/],
    ["mark", "{}", /^Error: text: it is missing/],
    ["mark", " \u0000 ", /text/],
    ["mark", "x".repeat(5000), /1024 bytes/],
    ["notice", '{"text":"x","activity":"exam"}', /activity/],
    ["notice", '{"text":"x","about":"../x"}', /small letters/],
    ["suggestion", '{"activity":"exam"}', /text/],
    ["suggestion", '{"text":"x","activity":"party"}', /activity/],
    ["volume", "11", /nothing to set/],
    ["__proto__", "1", /nothing to set/],
  ];
  for (const [topic, payload, complaint] of wrong)
    expect(String(thrown(() => read(topic, payload))), payload).toMatch(complaint);
});

test("carries out what comes in, ignores what was retained, and complains five times a minute at most", async () => {
  const lines: { code?: string }[] = [];
  const listening = pino({ level: "warn" }, { write: (line) => void lines.push(JSON.parse(line)) });
  const log = createLogger("error");
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  onTestFinished(() => broker.close());
  const root = "classroom/v1/demo/room-1";
  const teacher = connectMqtt({ url: broker.url, clientId: "teacher", cleanSession: true }, log);
  onTestFinished(() => teacher.close());
  await until(() => teacher.connected || undefined);
  await teacher.publish(`${root}/set/activity`, "exam", { retain: true });

  const controls: Control[] = [];
  const gateway = connectMqtt({ url: broker.url, clientId: "gateway", cleanSession: true }, log);
  onTestFinished(() => gateway.close());
  const handler = (control: Control) => {
    controls.push(control);
    if (control.kind === "pause") throw new Error("not now");
  };
  listenForControls(gateway, { root, handler }, { log: listening, clock: systemClock });
  await until(() => gateway.connected || undefined);
  await until(async () => {
    await teacher.publish(`${root}/set/activity`, "group", { retain: false });
    return controls[0];
  });
  for (let i = 0; i < 20; i++) await teacher.publish(`${root}/set/activity`, "dancing", { retain: false });
  await teacher.publish(`${root}/set/pause`, "on", { retain: false });
  await teacher.publish(`${root}/set/mark`, "done", { retain: false });
  await until(() => controls.find(({ kind }) => kind === "mark"));
  expect(controls).not.toContainEqual({ kind: "activity", activity: "exam" });
  expect(controls.at(-2)).toEqual({ kind: "pause", paused: true });
  expect(lines.filter(({ code }) => code === "CONTROL_INVALID")).toHaveLength(5);
});

test("a pause that was said retained while the gateway was away holds; nothing else that was kept does", async () => {
  const log = createLogger("error").child({}, { level: "silent" });
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  onTestFinished(() => broker.close());
  const root = "classroom/v1/demo/room-1";
  const teacher = connectMqtt({ url: broker.url, clientId: "teacher", cleanSession: true }, log);
  onTestFinished(() => teacher.close());
  await until(() => teacher.connected || undefined);

  async function heardAtTheStart(kept: string): Promise<Control[]> {
    await teacher.publish(`${root}/set/pause`, kept, { retain: true });
    await teacher.publish(`${root}/set/activity`, "exam", { retain: true });
    const heard: Control[] = [];
    const gateway = connectMqtt({ url: broker.url, clientId: "gateway", cleanSession: true }, log);
    listenForControls(
      gateway,
      { root, handler: (control) => void heard.push(control) },
      { log, clock: systemClock },
    );
    await until(() => gateway.subscribed || undefined);
    await until(async () => {
      await teacher.publish(`${root}/set/mark`, "now", { retain: false });
      return heard.find(({ kind }) => kind === "mark");
    });
    await gateway.close();
    return heard.filter(({ kind }) => kind !== "mark");
  }
  expect(await heardAtTheStart("on")).toEqual([{ kind: "pause", paused: true }]);
  expect(await heardAtTheStart('{"paused":true,"minutes":10}')).toEqual([]);
  expect(await heardAtTheStart("off")).toEqual([]);
  expect(await heardAtTheStart("")).toEqual([]);
});

test("takes no more in a minute than a person could mean", async () => {
  const log = createLogger("error");
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  onTestFinished(() => broker.close());
  const root = "classroom/v1/demo/room-1";
  const gateway = connectMqtt({ url: broker.url, clientId: "gateway", cleanSession: true }, log);
  onTestFinished(() => gateway.close());
  const obeyed: Control[] = [];
  listenForControls(
    gateway,
    { root, handler: (control) => void obeyed.push(control) },
    { log, clock: systemClock },
  );
  await until(() => gateway.connected || undefined);
  for (let i = 0; i < 40; i++) await gateway.publish(`${root}/set/notice`, `${i}`, { retain: false });
  await gateway.publish(`${root}/set/activity`, "exam", { retain: false });
  await until(() => obeyed.find(({ kind }) => kind === "activity"));
  expect(obeyed.filter(({ kind }) => kind === "notice")).toHaveLength(12);
});
