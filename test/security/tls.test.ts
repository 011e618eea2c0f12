import { execFile } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { type AddressInfo, connect as plainly } from "node:net";
import path from "node:path";
import { connect, createServer, type TLSSocket } from "node:tls";
import { promisify } from "node:util";
import bcrypt from "bcryptjs";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { systemClock } from "../../gateway/clock.ts";
import { openVisit } from "../../gateway/eye/capture/http/visit.ts";
import { connectSecurely } from "../../gateway/eye/capture/secure.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { influxOptions, probeInflux } from "../../gateway/record/sinks/influx.ts";
import { issue, makeAuthority } from "../../gateway/setup/certificates.ts";
import { healthOptions, openHealthServer } from "../../gateway/show/health.ts";
import { liveOptions, openLivePage } from "../../gateway/show/live.ts";
import { readTls, renewTls } from "../../gateway/tls.ts";
import { temporaryFolder } from "../support/places.ts";
import { childProcesses, commandLine } from "../support/processes.ts";
import { findProgram, until } from "../support/programs.ts";

const log = createLogger("silent" as "error", false);
const closers: Array<() => Promise<void>> = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  vi.useRealTimers();
});

/** Certificate files of a new authority for 127.0.0.1, made at that moment. */
async function certificates(now = Date.now(), names: readonly [string, ...string[]] = ["127.0.0.1"]) {
  const folder = await temporaryFolder();
  const authority = await makeAuthority("Test", now);
  const server = await issue(authority, names, now);
  const files = {
    ca: path.join(folder, "ca.pem"),
    certificate: path.join(folder, "server.pem"),
    key: path.join(folder, "server-key.pem"),
  };
  await writeFile(files.ca, authority.certificate);
  await writeFile(files.certificate, server.certificate);
  await writeFile(files.key, server.key, { mode: 0o600 });
  return { ...files, tls: { certificate: files.certificate, key: files.key } };
}

async function broker(tls: { certificate: string; key: string }) {
  const opened = await openBroker(
    brokerOptions.parse({ port: 0, tls, users: [{ username: "room", password: "a long password" }] }),
    log,
  );
  closers.push(() => opened.close());
  return opened;
}

async function client(
  port: number,
  caFile: string | undefined,
  password = "a long password",
  username = "room",
) {
  const connection = connectMqtt(
    {
      url: `mqtts://127.0.0.1:${port}`,
      username,
      password,
      caFile,
      clientId: "c",
      cleanSession: true,
    },
    log,
  );
  closers.push(() => connection.close());
  const heard: string[] = [];
  connection.onState((state, problem) => heard.push(problem ? `${state} ${problem.code}` : state));
  await until(() => (heard.length > 0 ? true : undefined), 10, "an answer");
  return heard[0];
}

describe("TLS", () => {
  it("lets in whoever knows the authority, and is refused by whoever does not", async () => {
    const { tls, ca } = await certificates();
    const { port } = await broker(tls);
    expect(await client(port, ca)).toBe("connected");
    expect(await client(port, undefined)).toBe("disconnected BROKER_UNREACHABLE");
    expect(await client(port, (await certificates()).ca)).toBe("disconnected BROKER_UNREACHABLE");
  });

  it("speaks 1.2 and 1.3 and nothing older, at the broker and at the health server", async () => {
    const { tls } = await certificates();
    const { port } = await broker(tls);
    const health = await openHealthServer(healthOptions.parse({ port: 0, tls, token: "a long token" }), {
      report: () => Promise.reject(new Error("not asked here")),
      log,
    });
    closers.push(() => health.close());
    for (const each of [port, Number(new URL(health.url).port)]) {
      expect(await handshake(each, "TLSv1.3")).toBe("TLSv1.3");
      expect(await handshake(each, "TLSv1.2")).toBe("TLSv1.2");
      expect(await handshake(each, "TLSv1.1")).toMatch(/protocol|version|alert/i);
    }
  });

  it("counts connections that never say a word of it", async () => {
    const { tls, ca } = await certificates();
    const users = [{ username: "room", password: "a long password" }];
    const opened = await openBroker(
      brokerOptions.parse({ port: 0, tls, users, connectionsPerAddress: 3 }),
      log,
    );
    closers.push(() => opened.close());
    const silent = Array.from({ length: 3 }, () => plainly(opened.port, "127.0.0.1"));
    for (const socket of silent) await once(socket, "connect");
    const fourth = plainly(opened.port, "127.0.0.1").on("error", () => {});
    await once(fourth, "close");
    expect(silent.map((socket) => socket.destroyed)).toEqual([false, false, false]);
    for (const socket of silent) socket.destroy();
    await until(
      async () => ((await client(opened.port, ca)) === "connected" ? true : undefined),
      10,
      "a place",
    );
  });

  it("takes no plain connection at a port that speaks TLS, and its own parts come in on loopback only", async () => {
    const { tls } = await certificates();
    const opened = await broker(tls);
    expect(opened.url).toMatch(/^mqtt:\/\/127\.0\.0\.1:\d+$/);
    expect(opened.url).not.toContain(`:${opened.port}`);
    const plain = connectMqtt(
      {
        url: `mqtt://127.0.0.1:${opened.port}`,
        username: "room",
        password: "a long password",
        clientId: "p",
        cleanSession: true,
      },
      log,
    );
    closers.push(() => plain.close());
    const states: string[] = [];
    plain.onState((state) => states.push(state));
    await until(() => (states.length > 0 ? true : undefined), 15, "an answer");
    expect(states[0]).toBe("disconnected");
  });

  it("is asked for, as credentials are, before anything listens off loopback", async () => {
    const users = [{ username: "room", password: "a long password" }];
    for (const [options, code] of [
      [{ host: "0.0.0.0", port: 0 }, "EXPOSED_WITHOUT_CREDENTIALS"],
      [{ host: "0.0.0.0", port: 0, users }, "EXPOSED_WITHOUT_TLS"],
      [{ port: 0, tls: { certificate: "none.pem", key: "none.pem" } }, "TLS_UNREADABLE"],
    ] as const) {
      await expect(openBroker(brokerOptions.parse(options), log)).rejects.toMatchObject({ code });
    }
  });

  it("is renewed without a restart", async () => {
    const first = await certificates();
    const given: unknown[] = [];
    const problems: unknown[] = [];
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const renewing = renewTls(
      first.tls,
      await readTls(first.tls),
      { setSecureContext: (context) => given.push(context) },
      (error) => problems.push(error),
    );
    const look = () => vi.advanceTimersByTimeAsync(60_000);
    await look();
    const second = await readTls((await certificates()).tls);
    await writeFile(first.certificate, second.cert);
    await writeFile(first.key, second.key);
    await look();
    await vi.waitFor(() => expect(given).toEqual([second]));
    // What is away is said once, and taken when it is there again.
    await rm(first.key);
    await look();
    await vi.waitFor(() => expect(problems).toMatchObject([{ code: "TLS_UNREADABLE" }]));
    await look();
    const third = await readTls((await certificates()).tls);
    await writeFile(first.certificate, third.cert);
    await writeFile(first.key, third.key);
    await look();
    await vi.waitFor(() => expect(given).toEqual([second, third]));
    renewing.close();
    expect(problems).toHaveLength(1);
  });

  it.skipIf(!findProgram("mosquitto_pub"))(
    "is spoken by Mosquitto's client too (skipped without it)",
    async () => {
      const { tls, ca } = await certificates();
      const { port } = await broker(tls);
      const publish = (...options: string[]) =>
        promisify(execFile)(
          findProgram("mosquitto_pub")!,
          [
            "-h",
            "127.0.0.1",
            "-p",
            String(port),
            "-u",
            "room",
            "-P",
            "a long password",
            "-t",
            "t",
            "-m",
            "m",
            ...options,
          ],
          { timeout: 10_000 },
        );
      await publish("--cafile", ca);
      await expect(publish("--cafile", (await certificates()).ca)).rejects.toThrow();
    },
  );
});

/** Whom the gateway dials by TLS, and what comes of it. Each is given the authority's file, and a secret to say there. */
const DIALS: Readonly<Record<string, (port: number, ca: string, secret: string) => Promise<unknown>>> = {
  async broker(port, caFile, password) {
    const url = `mqtts://127.0.0.1:${port}`;
    const connection = connectMqtt(
      { url, caFile, username: "u", password, clientId: "c", cleanSession: true },
      log,
    );
    closers.push(() => connection.close());
    return new Promise((resolve) => connection.onState((_, problem) => resolve(problem)));
  },
  async "InfluxDB 1.x"(port, caFile, password) {
    const url = `https://127.0.0.1:${port}`;
    return probeInflux(influxOptions.parse({ version: "1", url, caFile, username: "u", password }));
  },
  async "InfluxDB 2.x"(port, caFile, token) {
    const url = `https://127.0.0.1:${port}`;
    return probeInflux(influxOptions.parse({ version: "2", url, caFile, org: "o", bucket: "b", token }));
  },
  async "web camera"(port, certificateFile, password) {
    const url = `https://127.0.0.1:${port}/picture.jpg`;
    const visit = await openVisit({ url, certificateFile, username: "u", password }, "front");
    return visit.get(AbortSignal.timeout(5_000)).finally(() => visit.close());
  },
  async "camera by rtsps"(port, certificateFile, secret) {
    const socket = await connectSecurely(new URL(`rtsps://127.0.0.1:${port}/`), 322, certificateFile);
    socket.end(secret);
  },
};

const DAY_MS = 86_400_000;

/** What somebody in their place might show. Each has the certificate of the same authority that it should be, or not. */
const SHOWN = {
  "the right certificate": { names: ["127.0.0.1"], made: 0, right: true },
  "one that has run out": { names: ["127.0.0.1"], made: -4 * 365 * DAY_MS, right: false },
  "one that is not valid yet": { names: ["127.0.0.1"], made: 10 * DAY_MS, right: false },
  "one for another name": { names: ["elsewhere.example"], made: 0, right: false },
  "one of another authority of the same name": {
    names: ["127.0.0.1"],
    made: 0,
    right: false,
    stranger: true,
  },
} as const;

describe.each(Object.keys(DIALS))("the gateway, dialling its %s", (whom) => {
  it.each(Object.entries(SHOWN))("and shown %s, says what it should", async (_, shown) => {
    const now = Date.now();
    // Older than everything it signs, so that only the server's own certificate is at fault.
    const authority = await makeAuthority("School", now - 5 * 365 * DAY_MS);
    const signer = "stranger" in shown ? await makeAuthority("School", now - 5 * 365 * DAY_MS) : authority;
    const { certificate: cert, key } = await issue(signer, [...shown.names], now + shown.made);
    const ca = path.join(await temporaryFolder(), "ca.pem");
    await writeFile(ca, authority.certificate);
    let heard = "";
    const server = createServer({ cert, key }, (socket) => {
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        heard += bytes.toString("latin1");
        socket.destroy();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    await DIALS[whom]!((server.address() as AddressInfo).port, ca, "a secret").catch(() => {});
    // A word of it can only be heard by whom the gateway believed.
    if (shown.right) await until(() => heard !== "" || undefined, 5, "a word");
    else expect(heard).toBe("");
  });
});

it("nobody is believed without a look at their certificate, but where one certificate is named and compared", async () => {
  const files = ["gateway", "flows"].flatMap((folder) =>
    readdirSync(path.join(packageRoot, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|js|json)$/.test(file) && !file.includes("node_modules"))
      .map((file) => path.posix.join(folder, file)),
  );
  expect(files.length).toBeGreaterThan(200);
  const lax = files.filter((file) =>
    /rejectUnauthorized"?: false|verifyservercert"?: false|TLS_REJECT_UNAUTHORIZED|checkServerIdentity/.test(
      readFileSync(path.join(packageRoot, file), "utf8"),
    ),
  );
  expect(lax.sort()).toEqual(["gateway/commands/ask.ts", "gateway/eye/capture/secure.ts"]);
});

describe("the live page off this machine", () => {
  it("takes a renewed certificate: who is there stays, who comes gets the new one, also after a crash", async () => {
    const files = await certificates();
    const warnings: string[] = [];
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const live = await openLivePage(liveOptions.parse({ port: 0, tls: files.tls }), {
      mqtt: { url: "mqtt://127.0.0.1:9" },
      site: "school",
      room: "room-1",
      counts: protectOptions.parse({}).focusTargets,
      dataFolder: await temporaryFolder(),
      log: { ...log, warn: (_: unknown, text?: string) => text && warnings.push(text) } as typeof log,
      clock: systemClock,
    });
    closers.push(() => live.close());
    const port = Number(new URL(live.url).port);
    const shown = () => fingerprintAt(port);
    const of = async (file: string) => new X509Certificate(await readFile(file)).fingerprint256;
    const renew = async (certificate: string, key: string) => {
      await writeFile(files.certificate, await readFile(certificate));
      await writeFile(files.key, await readFile(key));
      await vi.advanceTimersByTimeAsync(60_000);
    };
    const old = await of(files.certificate);
    expect(await shown()).toBe(old);

    const socket = new WebSocket(`${live.url.replace("https", "wss")}/socket.io/?EIO=4&transport=websocket`, {
      ca: await readFile(files.ca),
    });
    closers.push(async () => socket.terminate());
    const heard: string[] = [];
    socket.on("message", (data) => heard.push(String(data)));
    await until(() => heard.some((word) => word.startsWith("0{")) || undefined, 10, "the page's socket");

    const second = await certificates();
    await renew(second.certificate, second.key);
    await until(
      async () => (await shown()) === (await of(second.certificate)) || undefined,
      10,
      "the new one",
    );
    // The page that was open still speaks with the same process.
    socket.send("40");
    await until(() => heard.some((word) => word.startsWith("40")) || undefined, 10, "an answer");
    expect([socket.readyState, live.restarts()]).toEqual([WebSocket.OPEN, 0]);

    // A certificate without its key changes nothing, is said, and does not stand in the way of the next start.
    const third = await certificates();
    await renew(third.certificate, second.key);
    await until(
      () => warnings.includes("the live page keeps its old certificate") || undefined,
      10,
      "a word",
    );
    expect(await shown()).toBe(await of(second.certificate));
    const pid = childProcesses().find((pid) => commandLine(pid).includes("nodered/main.js"))!;
    process.kill(pid, "SIGKILL");
    await until(() => live.restarts() === 1 || undefined, 20, "another start");
    await until(
      async () => (await shown().catch(() => "")) === (await of(second.certificate)) || undefined,
      40,
      "the new certificate after a crash",
    );
  }, 120_000);

  it("is served by HTTPS to whoever has its password, and to nobody who has guessed ten times", async () => {
    const { tls, ca } = await certificates();
    const page = { username: "teacher", passwordHash: await bcrypt.hash("a long password", 4) };
    const folder = await temporaryFolder();
    const live = await openLivePage(liveOptions.parse({ host: "127.0.0.1", port: 0, page, tls }), {
      mqtt: { url: "mqtt://127.0.0.1:9" },
      site: "school",
      room: "room-1",
      counts: protectOptions.parse({}).focusTargets,
      dataFolder: folder,
      log,
      clock: systemClock,
    });
    closers.push(() => live.close());
    expect(live.url).toMatch(/^https:/);
    const authority = await readFile(ca);
    const ask = (password?: string) =>
      new Promise<{ status: number; cookie: string }>((resolve, reject) => {
        const auth = password === undefined ? {} : { auth: `teacher:${password}` };
        get(live.url, { ca: authority, ...auth }, (answer) => {
          answer.resume();
          resolve({ status: answer.statusCode ?? 0, cookie: String(answer.headers["set-cookie"] ?? "") });
        }).on("error", reject);
      });
    expect((await ask()).status).toBe(401);
    const right = await ask("a long password");
    expect(right.status).toBeLessThan(400);
    expect(right.cookie).toMatch(/HttpOnly; Secure; SameSite=Strict/);
    expect(await handshake(Number(new URL(live.url).port), "TLSv1.1")).toMatch(/protocol|version|alert/i);
    for (let guess = 0; guess < 10; guess += 1) expect((await ask(`guess ${guess}`)).status).toBe(401);
    expect((await ask("a long password")).status).toBe(401);
  }, 90_000);
});

describe("passwords", () => {
  it("are not taken any more from whoever has guessed ten times, while others still come in", async () => {
    const { tls, ca } = await certificates();
    const opened = await openBroker(
      brokerOptions.parse({
        port: 0,
        tls,
        users: [
          { username: "room", password: "a long password" },
          { username: "other", password: "another one" },
        ],
      }),
      log,
    );
    closers.push(() => opened.close());
    for (let guess = 0; guess < 10; guess += 1)
      expect(await client(opened.port, ca, `guess ${guess}`)).toContain("BROKER_REFUSED");
    expect(await client(opened.port, ca)).toContain("BROKER_REFUSED");
    expect(await client(opened.port, ca, "another one", "other")).toBe("connected");
  });

  it("nor are tokens of the health server", async () => {
    const health = await openHealthServer(healthOptions.parse({ port: 0, token: "a long token" }), {
      report: () => Promise.reject(new Error("not asked here")),
      log,
    });
    closers.push(() => health.close());
    const ask = async (token: string) =>
      (await fetch(`${health.url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).status;
    for (let guess = 0; guess < 10; guess += 1) expect(await ask(`guess ${guess}`)).toBe(401);
    expect(await ask("a long token")).toBe(429);
  });
});

/** Of the certificate that is shown there to who comes now. */
function fingerprintAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().fingerprint256);
      socket.destroy();
    });
    socket.on("error", reject);
  });
}

/** The version that was agreed on, or the error. */
function handshake(port: number, version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): Promise<string> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect(
      {
        port,
        host: "127.0.0.1",
        rejectUnauthorized: false,
        minVersion: version,
        maxVersion: version,
        ciphers: "DEFAULT@SECLEVEL=0",
      },
      () => {
        resolve(socket.getProtocol() ?? "none");
        socket.destroy();
      },
    );
    socket.on("error", (error) => resolve(error.message));
  });
}
