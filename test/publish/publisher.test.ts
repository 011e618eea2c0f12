import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Aedes } from "aedes";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt, type MqttConnection } from "../../gateway/mqtt.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/broker.ts";
import { openPublisher, type Publisher, type PublisherOptions } from "../../gateway/publish/publisher.ts";
import type { Message } from "../../gateway/terms.ts";
import { startChild } from "../support/child.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const context = { log: createLogger("error").child({}, { level: "silent" }), clock: systemClock };
const root = "classroom/v1/demo/room-1";
const publishing = fileURLToPath(new URL("./children/publish.ts", import.meta.url));

async function opened(mqtt: PublisherOptions["mqtt"], folder: string): Promise<Publisher> {
  const publisher = await openPublisher({ root, mqtt, spool: { folder, commitMilliseconds: 5 } }, context);
  onTestFinished(() => publisher.close());
  return publisher;
}

const numbered = (n: number): Message => ({
  topic: "focus",
  payload: String(n),
  retain: false,
  kind: "focus",
});

/** Reads everything of the room, in a session that the broker keeps while it is away itself. */
async function reader(
  url: string,
  login: object = {},
): Promise<{ connection: MqttConnection; received: [string, string][] }> {
  const connection = connectMqtt({ url, clientId: "reader", cleanSession: false, ...login }, context.log);
  onTestFinished(() => connection.close());
  const received: [string, string][] = [];
  connection.onMessage(async (topic, payload) => {
    received.push([topic.slice(root.length + 1), payload.toString()]);
  });
  await until(() => connection.connected || undefined, 10, "the reader");
  await connection.subscribe(`${root}/#`);
  return { connection, received };
}

const focus = (received: [string, string][]) =>
  received.filter(([topic]) => topic === "focus").map(([, text]) => Number(text));
const states = (received: [string, string][]) =>
  received.filter(([topic]) => topic === "gateway/state").map(([, text]) => text);
const upTo = (count: number) => Array.from({ length: count }, (_, n) => n);

describe.skipIf(!hasMosquitto)("a publisher, with a real Mosquitto", () => {
  test("sets a message aside on which the broker always hangs up, and delivers all the others", async () => {
    const broker = await startMosquitto({ extra: ["max_packet_size 5000"] });
    onTestFinished(() => broker.stop());
    const folder = await temporaryFolder();
    const publisher = await opened({ url: broker.url }, folder);
    const { received } = await reader(broker.url);
    for (const n of upTo(20)) {
      if (n === 10) await publisher.send({ ...numbered(10), payload: "x".repeat(20_000) });
      else await publisher.send(numbered(n));
    }
    await until(() => publisher.state().spoolDepth === 0 || undefined, 60, "the spool to empty");
    await until(() => focus(received).includes(19) || undefined);
    expect([...new Set(focus(received))]).toEqual(upTo(20).filter((n) => n !== 10));
    expect(publisher.state().setAside).toBe(1);
    const [kept] = await readdir(path.join(folder, "quarantine"));
    const message = JSON.parse(await readFile(path.join(folder, "quarantine", kept!), "utf8"));
    expect(message).toMatchObject({ topic: `${root}/focus`, payload: "x".repeat(20_000) });
  }, 70_000);

  test("sends nothing before somebody listens who must not miss it", async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.stop());
    let heard = false;
    const spool = { folder: await temporaryFolder(), commitMilliseconds: 5 };
    const mqtt = { url: broker.url };
    const publisher = await openPublisher({ root, mqtt, spool, isHeard: () => heard }, context);
    onTestFinished(() => publisher.close());
    for (const n of upTo(5)) await publisher.send(numbered(n));
    await until(() => publisher.state().connected || undefined);
    await systemClock.sleep(300);
    expect(publisher.state().spoolDepth).toBe(5);
    const { received } = await reader(broker.url);
    heard = true;
    await until(() => focus(received).length >= 5 || undefined);
    expect(focus(received)).toEqual(upTo(5));
  });

  test("publishes in order with a password, says online and stopped, and leaves nothing behind", async () => {
    const login = { username: "gateway", password: "s3cret" };
    const broker = await startMosquitto({ users: { gateway: "s3cret" } });
    onTestFinished(() => broker.stop());
    const { received } = await reader(broker.url, login);
    const publisher = await opened({ url: broker.url, ...login }, await temporaryFolder());
    await Promise.all(upTo(300).map((n) => publisher.send(numbered(n))));
    await until(() => publisher.state().spoolDepth === 0 || undefined);
    expect(publisher.state()).toMatchObject({ connected: true, refused: false });
    await publisher.close();
    await until(() => states(received).includes("stopped") || undefined);
    expect(focus(received)).toEqual(upTo(300));
    expect(received[0]).toEqual(["gateway/state", "online"]);
    expect(states(received)).toEqual(["online", "stopped"]);
    expect(publisher.state().spoolBytes).toBe(0);
  });

  test("a refused password is told, and what is sent waits on disk for the right one", async () => {
    const folder = await temporaryFolder();
    const broker = await startMosquitto({ users: { gateway: "s3cret" } });
    onTestFinished(() => broker.stop());
    const publisher = await opened({ url: broker.url, username: "gateway", password: "guess" }, folder);
    await until(() => publisher.state().refused || undefined);
    await publisher.send(numbered(0));
    expect(publisher.state()).toMatchObject({ connected: false, refused: true, spoolDepth: 1 });
    await publisher.close();

    const login = { username: "gateway", password: "s3cret" };
    const { received } = await reader(broker.url, login);
    await opened({ url: broker.url, ...login }, folder);
    await until(() => focus(received).length > 0 || undefined);
    expect(focus(received)).toEqual([0]);
  });

  test("500 messages sent while the broker goes and comes back twice all arrive, in order", async () => {
    const folder = await temporaryFolder();
    let broker = await startMosquitto({ folder });
    onTestFinished(() => broker.stop());
    const { received } = await reader(broker.url);
    const publisher = await opened({ url: broker.url }, await temporaryFolder());
    await until(() => publisher.state().connected || undefined);
    const sending = (async () => {
      for (const n of upTo(500)) await publisher.send(numbered(n));
    })();
    for (const goal of [100, 250]) {
      await until(() => new Set(focus(received)).size >= goal || undefined, 20, `${goal} messages`);
      // Mosquitto keeps the reader's session when it is asked to stop; killed, it would forget what it had acknowledged.
      await broker.stop("SIGTERM");
      await until(() => publisher.state().spoolDepth > 20 || undefined, 10, "a backlog");
      broker = await startMosquitto({ folder, port: broker.port });
    }
    await sending;
    await until(() => new Set(focus(received)).size === 500 || undefined, 20, "all of them");
    expect([...new Set(focus(received))]).toEqual(upTo(500));
    expect(states(received).filter((state) => state === "online").length).toBeGreaterThanOrEqual(3);
  });

  test("when the gateway is killed the broker says offline, and the next start delivers what was left", async () => {
    const folder = await temporaryFolder();
    const broker = await startMosquitto();
    onTestFinished(() => broker.stop());
    const { received } = await reader(broker.url);
    const first = await startChild(publishing, [broker.url, folder, "0", "100000"]);
    await until(() => focus(received).length > 20 || undefined, 20, "messages");
    await first.kill();
    await until(() => states(received).includes("offline") || undefined, 5, "the will");
    const safe = first.lines().map(Number);

    const second = await startChild(publishing, [broker.url, folder, "200000", "1"]);
    await until(() => focus(received).includes(200_000) || undefined, 20, "the second start");
    await second.kill();
    const seen = new Set(focus(received));
    expect(safe.length).toBeGreaterThan(20);
    expect(safe.filter((n) => !seen.has(n))).toEqual([]);
    expect(states(received).slice(0, 3)).toEqual(["online", "offline", "online"]);
  });
});

test("what a broker did not acknowledge before it hung up is sent again, from the first of it on", async () => {
  const taken: number[] = [];
  let patience = 0;
  const aedes = await Aedes.createBroker({
    authorizePublish(client, { topic, payload }, done) {
      if (!topic.endsWith("/focus")) return done(null);
      patience -= 1;
      // Late enough that the PUBACKs of the first ones get out.
      if (patience < 0) return void setTimeout(() => client!.conn.destroy(), 30);
      taken.push(Number(payload));
      done(null);
    },
  });
  aedes.on("client", () => {
    patience = 12;
  });
  const server = createServer(aedes.handle).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const folder = await temporaryFolder();
  const offline = await opened({ url: `mqtt://127.0.0.1:${await freePort()}` }, folder);
  await Promise.all(upTo(30).map((n) => offline.send(numbered(n))));
  await offline.close();

  const publisher = await opened({ url: `mqtt://127.0.0.1:${port}` }, folder);
  await until(() => publisher.state().spoolDepth === 0 || undefined, 20, "the backlog to go");
  expect(taken).toEqual(upTo(30));
  await publisher.close();
  await new Promise<void>((resolve) => aedes.close(resolve));
  server.close();
});

test("with the embedded broker: what was sent before it is there arrives, in order, with its retained flag", async () => {
  const port = await freePort();
  const publisher = await opened({ url: `mqtt://127.0.0.1:${port}` }, await temporaryFolder());
  await Promise.all(upTo(250).map((n) => publisher.send(numbered(n))));
  await publisher.send({ topic: "gateway/health", payload: "{}", retain: true, kind: "health" });
  expect(publisher.state()).toMatchObject({ connected: false, spoolDepth: 251 });

  const broker = await openBroker(brokerOptions.parse({ port }), context.log);
  onTestFinished(() => broker.close());
  const { received } = await reader(broker.url);
  await until(() => publisher.state().spoolDepth === 0 || undefined, 20, "the backlog to go");
  await until(() => received.some(([topic]) => topic === "gateway/health") || undefined);
  const late = await reader(broker.url, { clientId: "late" });
  await until(() => late.received.length === 2 || undefined, 5, "the retained ones");
  expect(late.received.sort()).toEqual([
    ["gateway/health", "{}"],
    ["gateway/state", "online"],
  ]);
});

test("a topic that brokers would hang up on is refused at once", async () => {
  const publisher = await opened({ url: `mqtt://127.0.0.1:${await freePort()}` }, await temporaryFolder());
  for (const topic of ["a/#", "+", "a//b", "", "a/\u0000"]) {
    await expect(publisher.send({ ...numbered(0), topic })).rejects.toMatchObject({ code: "INTERNAL" });
  }
  expect(publisher.state().spoolDepth).toBe(0);
});
