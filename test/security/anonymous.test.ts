import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import bcrypt from "bcryptjs";
import { connectAsync } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { parse } from "yaml";
import { systemClock } from "../../gateway/clock.ts";
import { loadConfig } from "../../gateway/config.ts";
import { createLogger } from "../../gateway/log.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { protectOptions } from "../../gateway/protect/protect.ts";
import { brokerOptions, openBroker } from "../../gateway/publish/publish.ts";
import { serveQueries } from "../../gateway/record/query/serve.ts";
import { type InfluxOptions, openInflux, probeInflux } from "../../gateway/record/sinks/influx.ts";
import { setUp } from "../../gateway/setup/setup.ts";
import { healthOptions, openHealthServer } from "../../gateway/show/health.ts";
import { liveOptions, openLivePage } from "../../gateway/show/live.ts";
import { reading } from "../contracts/sink.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { hasInflux2, startInflux2 } from "../support/influxd2.ts";
import { temporaryFolder } from "../support/places.ts";

/**
 * The list of docs/security.md: what is opened, and that nobody comes in without saying who they are. Mosquitto with the
 * files of setup: access.test.ts. A whole gateway and its ports: surface.test.ts.
 */
const log = createLogger("silent" as "error", false);
const users = [{ username: "room", password: "a long password" }];

it("the embedded broker lets in nobody without a password, once there are users", async () => {
  const broker = await openBroker(brokerOptions.parse({ port: 0, users }), log);
  onTestFinished(() => broker.close());
  const ask = (login: object) => connectAsync(broker.url, { reconnectPeriod: 0, ...login }, false);
  for (const login of [{}, { username: "room" }, { username: "room", password: "" }, { username: "" }])
    await expect(ask(login), JSON.stringify(login)).rejects.toThrow("Bad username");
  const client = await ask(users[0]!);
  await client.endAsync();
});

it("the health server tells whoever has no token that the gateway is alive, and nothing else", async () => {
  const server = await openHealthServer(healthOptions.parse({ port: 0, token: "a long token" }), {
    report: () => Promise.reject(new Error("nobody who may know is asking")),
    log,
  });
  onTestFinished(() => server.close());
  const ask = async (page: string, authorization?: string) => {
    const answer = await fetch(`${server.url}${page}`, {
      headers: { ...(authorization && { authorization }) },
    });
    return [answer.status, await answer.text()];
  };
  expect(await ask("/healthz")).toEqual([200, '{"status":"alive"}\n']);
  for (const page of ["/readyz", "/metrics"])
    for (const given of [undefined, "Bearer ", "Bearer a guess", "Basic YTpi", "a long token"])
      expect(await ask(page, given), `${page} ${given}`).toEqual([401, "a bearer token is needed\n"]);
  for (const page of ["/", "/config", "/metrics/", "/..%2fmetrics"]) expect((await ask(page))[0]).toBe(404);
});

it("live page and flow editor show nothing of themselves without a password, by page or by socket", async () => {
  const passwordHash = await bcrypt.hash("a long password", 4);
  const live = await openLivePage(
    liveOptions.parse({ port: 0, page: { passwordHash }, editor: { passwordHash } }),
    {
      mqtt: { url: "mqtt://127.0.0.1:9" },
      site: "school",
      room: "room-1",
      counts: protectOptions.parse({}).focusTargets,
      dataFolder: await temporaryFolder(),
      log,
      clock: systemClock,
    },
  );
  onTestFinished(() => live.close());
  const { origin, host } = new URL(live.url);
  for (const page of ["/live", "/live/", "/live/assets/index.js", "/live/_setup"])
    expect((await fetch(origin + page, { redirect: "manual" })).status, page).toBe(401);
  for (const page of ["/flows", "/nodes", "/settings/user", "/context/global", "/library/local/flows/"])
    for (const at of ["/editor", ""])
      expect((await fetch(`${origin}${at}${page}`)).status, at + page).toBeOneOf([401, 404]);
  const posted = await fetch(`${origin}/editor/flows`, { method: "POST", body: "[]" });
  expect(posted.status).toBe(401);
  const socket = new WebSocket(`ws://${host}/live/socket.io/?EIO=4&transport=websocket`);
  const heard: string[] = [];
  socket.on("message", (message) => void heard.push(String(message)));
  await new Promise((resolve) => {
    socket.once("open", () => socket.send("40"));
    socket.on("message", (message) => String(message).startsWith("44") && resolve(undefined));
    socket.once("close", resolve).once("error", resolve);
  });
  socket.terminate();
  // 44 is a refusal of the page's own, 40 and 42 would be the page's words (socket.io-protocol).
  expect(heard.filter((message) => /^4[024]/.test(message))).toEqual([expect.stringMatching(/^44/)]);
}, 60_000);

it("nothing at all listens off loopback without somebody to log in as", async () => {
  const surroundings = {
    ...{ mqtt: { url: "mqtt://127.0.0.1:9" }, site: "s", room: "r", log, clock: systemClock },
    counts: protectOptions.parse({}).focusTargets,
    dataFolder: await temporaryFolder(),
  };
  const report = () => Promise.reject(new Error("not asked"));
  for (const host of ["0.0.0.0", "::", "192.0.2.1"]) {
    const at = { host, port: 0 };
    for (const open of [
      () => openBroker(brokerOptions.parse(at), log),
      () => openHealthServer(healthOptions.parse(at), { report, log }),
      () => openLivePage(liveOptions.parse(at), surroundings),
    ])
      await expect(open(), host).rejects.toMatchObject({ code: "EXPOSED_WITHOUT_CREDENTIALS" });
  }
});

it("the embedded store answers questions of the gateway's own user only", async () => {
  const folder = await temporaryFolder();
  const queries = await serveQueries(folder, () => Promise.reject(new Error("not asked")), log);
  onTestFinished(() => queries.close());
  expect((await stat(path.join(folder, "query.sock"))).mode & 0o777).toBe(0o600);
});

/** What setup gives the gateways of two rooms for the database, with its address instead of the school's. */
async function accountsFor(url: string): Promise<InfluxOptions[]> {
  const folder = path.join(await temporaryFolder(), "focus");
  const rooms = ["room-11", "room-12"];
  const camera = { name: "front", driver: "simulated" };
  await setUp({ layout: "school", site: "s", rooms, hosts: ["127.0.0.1"], camera }, folder, Date.now());
  return Promise.all(
    rooms.map(async (room) => {
      const { caFile: _, ...options } = (await loadConfig(path.join(folder, "rooms", room, "gateway.yaml")))
        .record.influx!;
      return { ...options, url };
    }),
  );
}

const loginOf = async (options: InfluxOptions) => {
  if (options.version !== "1" || typeof options.password !== "object" || !("file" in options.password))
    throw new Error("setup gives an account, and its password in a file");
  return { username: options.username!, password: (await readFile(options.password.file, "utf8")).trim() };
};

const basic = ({ username, password }: { username: string; password: string }) => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});

/** The same of any InfluxDB: nobody without an account; a gateway writes, reads nothing, and goes without the others. */
async function refusesStrangers(
  url: string,
  accounts: readonly InfluxOptions[],
  count: () => Promise<number>,
  remove: (username: string) => Promise<unknown>,
) {
  const [one, two] = accounts as [InfluxOptions, InfluxOptions];
  const line = "focus,site=s,room=stranger focus=1 1767000000000";
  const write = (headers: object, db = "focus") =>
    fetch(`${url}/write?db=${db}&precision=ms`, { method: "POST", body: line, headers: { ...headers } });
  const ask = async (q: string, headers: object) => {
    const answer = await fetch(`${url}/query?db=focus`, {
      ...{ method: "POST", headers: { ...headers }, body: new URLSearchParams({ q }) },
    });
    return { status: answer.status, text: await answer.text() };
  };
  for (const headers of [
    {},
    basic({ username: "gateway-room-11", password: "a guess" }),
    basic({ username: "", password: "" }),
  ]) {
    expect((await write(headers)).status).toBe(401);
    for (const q of ["SELECT * FROM environment", "SHOW DATABASES", "DROP MEASUREMENT environment"])
      expect((await ask(q, headers)).status).toBe(401);
  }
  for (const options of accounts) {
    await probeInflux(options);
    const sink = await openInflux(options);
    expect(await sink.write([reading(accounts.indexOf(options), 1)])).toEqual([]);
    await sink.close();
    const headers = basic(await loginOf(options));
    for (const q of [
      "SELECT * FROM environment",
      "SHOW TAG VALUES WITH KEY = room",
      "DROP MEASUREMENT environment",
    ])
      expect((await ask(q, headers)).text, q).not.toMatch(/values/);
    expect((await write(headers, "elsewhere")).status).toBeOneOf([401, 403, 404]);
  }
  expect(await count()).toBe(2);

  await remove((await loginOf(one)).username);
  await expect(probeInflux(one)).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
  await probeInflux(two);
}

it.skipIf(!hasInflux)(
  "a real InfluxDB 1.x with users refuses strangers (skipped without influxd)",
  async () => {
    const influx = await startInflux({ auth: true });
    onTestFinished(() => influx.stop());
    const admin = { username: "admin", password: "for-this-test" };
    await influx.query(`CREATE USER admin WITH PASSWORD '${admin.password}' WITH ALL PRIVILEGES`);
    const rule = async (q: string) => {
      const answer = await fetch(`${influx.url}/query?db=focus`, {
        ...{ method: "POST", headers: basic(admin), body: new URLSearchParams({ q }) },
      });
      return (await answer.json()) as { results: { series?: { values: unknown[][] }[] }[] };
    };
    for (const database of ["focus", "elsewhere"]) await rule(`CREATE DATABASE ${database}`);
    const accounts = await accountsFor(influx.url);
    for (const { username, password } of await Promise.all(accounts.map(loginOf))) {
      await rule(`CREATE USER "${username}" WITH PASSWORD '${password}'`);
      await rule(`GRANT WRITE ON focus TO "${username}"`);
    }
    const count = async () =>
      (await rule("SELECT value FROM environment")).results[0]!.series?.[0]?.values.length ?? 0;
    await refusesStrangers(influx.url, accounts, count, (name) => rule(`DROP USER "${name}"`));
  },
);

it.skipIf(!hasInflux2)(
  "so does a real InfluxDB 2.x, with the accounts that docker/influxdb/accounts.sh makes (skipped without influxd2)",
  async () => {
    const influx = await startInflux2();
    onTestFinished(() => influx.stop());
    const { buckets } = await influx.call<{ buckets: { id: string; orgID: string; name: string }[] }>(
      "/api/v2/buckets",
    );
    const { id, orgID } = buckets.find(({ name }) => name === "focus")!;
    const accounts = await accountsFor(influx.url);
    const ids = new Map<string, string>();
    // As `influx v1 auth create --username … --password … --write-bucket …` does.
    for (const { username, password } of await Promise.all(accounts.map(loginOf))) {
      const made = await influx.call<{ id: string }>("/private/legacy/authorizations", "POST", {
        ...{ orgID, token: username, description: username },
        permissions: [{ action: "write", resource: { type: "buckets", id, orgID } }],
      });
      await influx.call(`/private/legacy/authorizations/${made.id}/password`, "POST", { password });
      ids.set(username, made.id);
    }
    const count = async () => (await influx.query("SELECT value FROM environment")).length;
    await refusesStrangers(influx.url, accounts, count, (name) =>
      influx.call(`/private/legacy/authorizations/${ids.get(name)}`, "DELETE"),
    );
  },
);

describe("docker/compose.yaml", async () => {
  const compose = parse(await readFile(path.join(packageRoot, "docker/compose.yaml"), "utf8"), {
    merge: true,
  }) as {
    services: Record<string, { environment: Record<string, string> }>;
  };

  it("sets up an InfluxDB that knows nobody but who setup made up a secret for, by TLS", () => {
    expect(compose.services.influxdb!.environment).toMatchObject({
      DOCKER_INFLUXDB_INIT_MODE: "setup",
      DOCKER_INFLUXDB_INIT_PASSWORD_FILE: expect.stringMatching(/^\/run\/focus\//),
      DOCKER_INFLUXDB_INIT_ADMIN_TOKEN_FILE: expect.stringMatching(/^\/run\/focus\//),
      INFLUXD_TLS_CERT: expect.any(String),
      INFLUXD_TLS_MIN_VERSION: "1.2",
      INFLUXD_UI_DISABLED: "true",
    });
  });

  // Grafana was not run here; what these mean is from its documentation (setup-grafana/configure-grafana).
  it("sets up a Grafana without guests, sign-ups, public pages or a password that others know", () => {
    const { environment } = compose.services.grafana!;
    expect(environment).toMatchObject({
      GF_AUTH_ANONYMOUS_ENABLED: "false",
      GF_USERS_ALLOW_SIGN_UP: "false",
      GF_PUBLIC_DASHBOARDS_ENABLED: "false",
      GF_SNAPSHOTS_EXTERNAL_ENABLED: "false",
      GF_SECURITY_ADMIN_PASSWORD__FILE: "/run/focus/grafana-admin-password",
      GF_SECURITY_SECRET_KEY__FILE: "/run/focus/grafana-secret-key",
      GF_SERVER_PROTOCOL: "https",
      GF_SECURITY_COOKIE_SECURE: "true",
    });
    expect(environment).not.toHaveProperty("GF_SECURITY_ADMIN_PASSWORD");
    expect(environment).not.toHaveProperty("GF_SECURITY_SECRET_KEY");
  });
});
