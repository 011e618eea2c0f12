import { execFileSync } from "node:child_process";
import { chmod } from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { GatewayError } from "../gateway/errors.ts";
import { createLogger } from "../gateway/log.ts";
import { connectMqtt, type MqttConnection, type MqttOptions, type MqttState } from "../gateway/mqtt.ts";
import { hasMosquitto, startMosquitto } from "./support/mosquitto.ts";
import { freePort, temporaryFolder } from "./support/places.ts";
import { findProgram, until } from "./support/programs.ts";

const log = createLogger("error").child({}, { level: "silent" });

/** A connection that is up, closed when the test ends. */
async function connected(options: Partial<MqttOptions> & { url: string }): Promise<MqttConnection> {
  const connection = connectMqtt({ clientId: "test", cleanSession: true, ...options }, log);
  await until(() => connection.connected || undefined, 10, "the connection");
  return connection;
}

const hasOpenssl = findProgram("openssl") !== null;

describe.skipIf(!hasMosquitto)("an MQTT connection, with a real Mosquitto", () => {
  test("publishes with a password, and a subscriber receives it with its retained flag", async () => {
    const broker = await startMosquitto({ users: { gateway: "s3cret" } });
    const login = { url: broker.url, username: "gateway", password: "s3cret" };
    const publisher = await connected({ ...login, clientId: "publisher" });
    await publisher.publish("a/state", "online", { retain: true });

    const subscriber = connectMqtt({ ...login, clientId: "subscriber", cleanSession: true }, log);
    const received: unknown[] = [];
    subscriber.onMessage(async (topic, payload, retained) => {
      received.push([topic, payload.toString(), retained]);
    });
    await subscriber.subscribe("a/#"); // not connected yet: asked for once it is
    await until(() => received[0], 5, "the retained message");
    await publisher.publish("a/focus", "0.7", { retain: false });
    await until(() => received[1], 5, "the live message");
    expect(received).toEqual([
      ["a/state", "online", true],
      ["a/focus", "0.7", false],
    ]);
    await Promise.all([publisher.close(), subscriber.close()]);
    await broker.stop();
  });

  test("tells a refused password from a broker that is not there", async () => {
    const broker = await startMosquitto({ users: { gateway: "s3cret" } });
    const states: [MqttState, string | undefined][] = [];
    const wrong = {
      url: broker.url,
      clientId: "w",
      username: "gateway",
      password: "guess",
      cleanSession: true,
    };
    const refused = connectMqtt(wrong, log);
    refused.onState((state, problem) => states.push([state, problem?.message]));
    await until(() => states[0], 5, "the refusal");
    const lost = connectMqtt({ ...wrong, url: `mqtt://gateway:guess@127.0.0.1:${await freePort()}` }, log);
    lost.onState((state, problem) => states.push([state, problem?.message]));
    await until(() => states[1], 5, "the failure");

    expect(states[0]![0]).toBe("refused");
    expect(states[0]![1]).toMatch(/refuses the gateway: not authorised/);
    expect(states[1]![0]).toBe("disconnected");
    expect(states[1]![1]).toMatch(/mqtt:\/\/127\.0\.0\.1:\d+ cannot be reached/);
    await expect(lost.publish("a", "1", { retain: false })).rejects.toThrow("not connected");
    await Promise.all([refused.close(), lost.close(), lost.close()]);
    await broker.stop();
  });

  test.skipIf(!hasOpenssl)(
    "speaks TLS with a broker whose authority it is told of, and with no other",
    async () => {
      const folder = await temporaryFolder();
      const [key, certificate] = [path.join(folder, "key.pem"), path.join(folder, "certificate.pem")];
      const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
      const args = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "1",
        "-keyout",
        key,
        "-out",
        certificate,
      ];
      execFileSync("openssl", [...args, ...subject], { stdio: "ignore" });
      await chmod(key, 0o644);
      const port = await freePort();
      const broker = await startMosquitto({
        extra: [`listener ${port} 127.0.0.1`, `certfile ${certificate}`, `keyfile ${key}`],
      });
      const url = `mqtts://127.0.0.1:${port}`;
      const trusting = await connected({ url, clientId: "trusting", caFile: certificate });
      await trusting.publish("a", "1", { retain: false });
      const strict = connectMqtt({ url, clientId: "strict", cleanSession: true }, log);
      const problem = await new Promise<GatewayError | undefined>((resolve) =>
        strict.onState((_state, problem) => resolve(problem)),
      );
      expect(problem).toMatchObject({
        code: "BROKER_UNREACHABLE",
        cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
      });
      await Promise.all([trusting.close(), strict.close()]);
      await broker.stop();
    },
  );

  test("rejects what had no PUBACK when the broker died, and comes back with its subscriptions", async () => {
    const folder = await temporaryFolder();
    const broker = await startMosquitto({ folder });
    const connection = await connected({ url: broker.url });
    const states: MqttState[] = [];
    connection.onState((state) => states.push(state));
    const received: string[] = [];
    connection.onMessage(async (_topic, payload) => {
      received.push(payload.toString());
    });
    await connection.subscribe("a");

    process.kill(broker.pid, "SIGSTOP"); // takes the bytes in, and never answers
    const unanswered = connection.publish("a", "lost", { retain: false });
    unanswered.catch(() => {});
    await broker.stop("SIGKILL");
    await expect(unanswered).rejects.toThrow("no PUBACK");
    expect(connection.connected).toBe(false);

    const again = await startMosquitto({ folder, port: broker.port });
    await until(() => connection.connected || undefined, 10, "the reconnect");
    await until(async () => {
      await connection.publish("a", "found", { retain: false });
      return received.includes("found") || undefined;
    });
    expect(received).not.toContain("lost");
    expect(states).toEqual(["disconnected", "connected"]);
    await connection.close();
    await again.stop();
  });

  test("acknowledges only what has been handled: a failed message comes again, and order stays", async () => {
    const broker = await startMosquitto();
    const publisher = await connected({ url: broker.url, clientId: "publisher" });
    const recorder = connectMqtt({ url: broker.url, clientId: "recorder", cleanSession: false }, log);
    const seen: string[] = [];
    let storeIsDown = true;
    recorder.onMessage(async (_topic, payload) => {
      seen.push(payload.toString());
      if (storeIsDown && payload.toString() === "2") {
        storeIsDown = false;
        throw new Error("the store is down");
      }
    });
    await until(() => recorder.connected || undefined);
    await recorder.subscribe("n");
    for (const n of ["1", "2", "3"]) await publisher.publish("n", n, { retain: false });
    await until(() => seen.includes("3") || undefined, 10, "the redelivery");
    expect(seen).toEqual(["1", "2", "2", "3"]);
    await Promise.all([publisher.close(), recorder.close()]);
    await broker.stop();
  });

  test("reads nothing further while a message is being handled", async () => {
    const broker = await startMosquitto();
    const connection = connectMqtt({ url: broker.url, clientId: "slow", cleanSession: true }, log);
    let busy = 0;
    let most = 0;
    let handled = 0;
    connection.onMessage(async () => {
      most = Math.max(most, ++busy);
      await new Promise((resolve) => setTimeout(resolve, 5));
      busy--;
      handled++;
    });
    await until(() => connection.connected || undefined);
    await connection.subscribe("n");
    const publisher = await connected({ url: broker.url, clientId: "publisher" });
    await Promise.all(Array.from({ length: 50 }, () => publisher.publish("n", "x", { retain: false })));
    await until(() => handled === 50 || undefined);
    expect(most).toBe(1);
    await Promise.all([publisher.close(), connection.close()]);
    await broker.stop();
  });
});

test("closing does not wait for a broker that is not there", async () => {
  const connection = connectMqtt(
    { url: `mqtt://127.0.0.1:${await freePort()}`, clientId: "x", cleanSession: true },
    log,
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  const began = performance.now();
  await connection.close();
  await connection.close();
  expect(performance.now() - began).toBeLessThan(500);
});
