import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { z } from "zod";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt, type MqttConnection, type MqttOptions, type MqttState } from "../../gateway/mqtt.ts";
import { type Broker, brokerOptions, openBroker } from "../../gateway/publish/broker.ts";
import { until } from "../support/programs.ts";

const log = createLogger("error");

async function opened(options: z.input<typeof brokerOptions> = {}): Promise<Broker> {
  const broker = await openBroker(brokerOptions.parse({ port: 0, ...options }), log);
  onTestFinished(() => broker.close());
  return broker;
}

function client(options: Partial<MqttOptions> & { url: string }): MqttConnection & { states: MqttState[] } {
  const connection = connectMqtt({ clientId: "test", cleanSession: true, ...options }, log);
  onTestFinished(() => connection.close());
  const states: MqttState[] = [];
  connection.onState((state) => states.push(state));
  return Object.assign(Object.create(connection), { states });
}

/** A bare connection, and whether the broker has ended it. */
async function raw(broker: Broker): Promise<Socket & { ended: () => true | undefined }> {
  const socket = connect(broker.port, "127.0.0.1");
  let over = false;
  socket.on("close", () => {
    over = true;
  });
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  onTestFinished(() => void socket.destroy());
  return Object.assign(socket, { ended: () => over || undefined });
}

const users = [{ username: "teacher", password: "s3cret" }];

test("keeps retained messages, and hands out live ones", async () => {
  const broker = await opened();
  const publisher = client({ url: broker.url, clientId: "publisher" });
  await until(() => publisher.connected || undefined);
  await publisher.publish("room/state", "online", { retain: true });
  const reader = client({ url: broker.url, clientId: "reader" });
  const received: unknown[] = [];
  reader.onMessage(async (topic, payload, retained) => {
    received.push([topic, payload.toString(), retained]);
  });
  await reader.subscribe("room/#");
  await until(() => received[0]);
  await publisher.publish("room/focus", "1", { retain: false });
  await until(() => received[1]);
  expect(received).toEqual([
    ["room/state", "online", true],
    ["room/focus", "1", false],
  ]);
  expect(broker.clients()).toBe(2);
});

test("with users, lets in those who know the password and the gateway itself, and nobody else", async () => {
  const broker = await opened({ users });
  const teacher = client({ url: broker.url, clientId: "a", username: "teacher", password: "s3cret" });
  const itself = client({ url: broker.url, clientId: "b", ...broker.login });
  const anonymous = client({ url: broker.url, clientId: "c" });
  const guessing = client({ url: broker.url, clientId: "d", username: "teacher", password: "secret" });
  const inherited = client({ url: broker.url, clientId: "e", username: "__proto__", password: "" });
  for (const allowed of [teacher, itself]) await until(() => allowed.states[0]);
  for (const refused of [anonymous, guessing, inherited]) await until(() => refused.states[0]);
  expect([teacher, itself].map(({ states }) => states)).toEqual([["connected"], ["connected"]]);
  expect([anonymous, guessing, inherited].map(({ states }) => states)).toEqual(Array(3).fill(["refused"]));
});

test("never listens off loopback without credentials", async () => {
  const exposed = openBroker(brokerOptions.parse({ port: 0, host: "0.0.0.0" }), log);
  await expect(exposed).rejects.toMatchObject({ code: "EXPOSED_WITHOUT_CREDENTIALS", exit: 2 });
});

test("tells a port in use, and by which key to change it", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const late = openBroker(brokerOptions.parse({ port }), log);
  await expect(late).rejects.toMatchObject({ code: "PORT_IN_USE", exit: 2 });
  server.close();
});

test("ends a connection whose first packet announces 200 MB, without gathering it", async () => {
  const broker = await opened({ users });
  const socket = await raw(broker);
  const length = 200_000_000;
  const header = [
    0x10,
    (length & 0x7f) | 0x80,
    ((length >> 7) & 0x7f) | 0x80,
    ((length >> 14) & 0x7f) | 0x80,
    length >> 21,
  ];
  const before = process.memoryUsage().rss;
  socket.write(Buffer.from(header));
  const megabyte = Buffer.alloc(1_000_000);
  for (let i = 0; i < 50 && !socket.ended(); i++) {
    socket.write(megabyte);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(socket.ended, 5, "the broker to hang up");
  expect(process.memoryUsage().rss - before).toBeLessThan(60_000_000);
});

test("ends connections that begin with anything but a CONNECT, and takes a CONNECT that comes byte by byte", async () => {
  const broker = await opened();
  const nonsense = await raw(broker);
  nonsense.write("GET / HTTP/1.1\r\n\r\n");
  const overlong = await raw(broker);
  overlong.write(Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0xff]));
  await until(nonsense.ended, 5, "the end of nonsense");
  await until(overlong.ended, 5, "the end of the overlong");

  const slow = connect(broker.port, "127.0.0.1");
  onTestFinished(() => void slow.destroy());
  slow.setNoDelay(true);
  // [MQTT-3.1] protocol MQTT 4, clean session, keepalive 60, client id "abc"
  for (const byte of [0x10, 15, 0, 4, 77, 81, 84, 84, 4, 2, 0, 60, 0, 3, 97, 98, 99]) {
    slow.write(Buffer.from([byte]));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const [connack] = await once(slow, "data");
  expect([...connack]).toEqual([0x20, 2, 0, 0]);
});

test("bounds how many connections one address may have, half-open ones too", async () => {
  const broker = await opened({ connectionsPerAddress: 3 });
  const open = [await raw(broker), await raw(broker), await raw(broker)];
  const fourth = await raw(broker);
  await until(fourth.ended, 5, "the fourth to be turned away");
  expect(open.map((socket) => socket.ended())).toEqual([undefined, undefined, undefined]);
  open[0]!.destroy();
  const late = client({ url: broker.url });
  await until(() => late.connected || undefined, 5, "the freed place");
});

test("closing ends every connection, also those that never said a word", async () => {
  const broker = await openBroker(brokerOptions.parse({ port: 0 }), log);
  const silent = await raw(broker);
  const connection = client({ url: broker.url });
  await until(() => connection.connected || undefined);
  await broker.close();
  await broker.close();
  await until(silent.ended, 2, "the silent one's end");
  await until(() => !connection.connected || undefined, 2, "the client's end");
});

test("acknowledges a message once the witness has it, and hangs up on what the witness will not have", async () => {
  const broker = await opened();
  let has: () => void = () => {};
  broker.witness((topic) =>
    topic === "bad" ? Promise.reject(new Error("no")) : new Promise<void>((resolve) => (has = resolve)),
  );
  const sender = client({ url: broker.url });
  await until(() => sender.connected || undefined);
  let acknowledged = false;
  const published = sender.publish("good", "1", { retain: false }).then(() => {
    acknowledged = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(acknowledged).toBe(false);
  has();
  await published;
  await expect(sender.publish("bad", "1", { retain: false })).rejects.toThrow("no PUBACK");
});

test("gives a part a login that may do what it needs, and no more", async () => {
  expect((await opened()).guest("flows", { read: ["#"], write: [] })).toEqual({});
  const broker = await opened({ users });
  const login = broker.guest("flows", { read: ["room/#"], write: ["room/set/+"] });
  const flows = client({ url: broker.url, ...login });
  await until(() => flows.connected || undefined);
  await flows.subscribe("room/#");
  await expect(flows.subscribe("#")).rejects.toThrow();
  await flows.publish("room/set/mark", "x", { retain: false });
  await expect(flows.publish("room/focus", "x", { retain: false })).rejects.toThrow();
});

test("lets nobody take another user's client id, and the gateway's own parts take theirs from anybody", async () => {
  const broker = await opened({ users: [...users, { username: "flows", password: "other" }] });
  const id = { url: broker.url, clientId: "focus-gateway:demo:room-1" };
  const flows = client({ ...id, username: "flows", password: "other" });
  await until(() => flows.connected || undefined);
  const teacher = client({ ...id, username: "teacher", password: "s3cret" });
  await until(() => teacher.states[0]);
  expect([teacher.states, flows.connected]).toEqual([["refused"], true]);
  const itself = client({ ...id, ...broker.login });
  await until(() => itself.connected || undefined);
  await until(() => !flows.connected || undefined);
  await until(() => flows.states.includes("refused") || undefined, 10, "the refusal");
  expect(itself.states).toEqual(["connected"]);
  // A clean session's id is free with its connection.
  await itself.close();
  await until(() => flows.connected || teacher.connected || undefined, 30, "the next one");
}, 60_000);
