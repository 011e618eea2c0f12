import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { createLogger } from "../../gateway/log.ts";
import { healthOptions, openHealthServer } from "../../gateway/show/health.ts";
import type { StatusReport } from "../../gateway/show/report.ts";

const log = createLogger("error", false);

const healthy: StatusReport = {
  health: {
    time: 0,
    version: "1.2.3",
    uptimeSeconds: 61,
    engine: { provider: "cpu", precision: "int8" },
    model: "geometry@12345678",
    perception: "default@12345678",
    framesPerSecond: 9.5,
    frameAgeSeconds: 0.2,
    spoolDepth: 3,
    spoolBytes: 900,
    dropped: 0,
    setAside: 1,
    held: 2,
    refused: 4,
    damaged: 5,
    sinks: { embedded: { ok: true, backlog: 7, refused: 6, lost: 8 } },
    diskFreeMegabytes: 1500,
    temperatureCelsius: 48.5,
    cameras: { front: "ok", back: "lost" },
    sensors: { "co2-1": "ok" },
    shut: null,
    shutBy: [],
    certificateDays: 9,
    audit: "3@0a1b2c3d4e5f6071",
    flows: "left_out",
    config: "as_given",
    configHash: "0a1b2c3d4e5f6071",
    profile: "aggregate",
  },
  notReady: [],
  cameras: { front: { state: "ok" } },
  sensors: { "co2-1": { state: "ok" } },
  lesson: false,
  room: { focus: 0.72, coverage: 0.9 },
  restarts: { eye: 1, live: 0 },
  memoryMb: { gateway: 120 },
};

async function open(options: object = {}, report: () => Promise<StatusReport> = async () => healthy) {
  const server = await openHealthServer(healthOptions.parse({ port: 0, ...options }), { report, log });
  onTestFinished(() => server.close());
  return server;
}

/** The samples of Prometheus text by name with labels; fails on a line that is neither a sample nor a comment. */
function samples(text: string): Record<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    lines.map((line) => {
      const match = /^([a-z_]+(?:\{[a-z]+="[^"]*"\})?) (\S+)$/.exec(line);
      expect(match, line).not.toBeNull();
      return [match![1]!, Number(match![2])];
    }),
  );
}

describe("health", () => {
  it("says that it is alive", async () => {
    const { url } = await open();
    const answer = await fetch(`${url}/healthz`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "alive" });
  });

  it("is ready with 200, otherwise says why not with 503, and how each camera and sensor does", async () => {
    let notReady: string[] = [];
    const cameras = { front: { state: "lost", problem: "camera front: no route" } } as const;
    const sensors = { "co2-1": { state: "stale", problem: "nothing was heard from it for 900 s" } } as const;
    const { url } = await open({}, async () => ({ ...healthy, notReady, cameras, sensors }));
    const ready = await fetch(`${url}/readyz`);
    const said = { lesson: false, cameras, sensors };
    expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [], ...said }]);
    notReady = ["camera front is lost"];
    const not = await fetch(`${url}/readyz`);
    expect([not.status, await not.json()]).toEqual([503, { ready: false, reasons: notReady, ...said }]);
  });

  it("gives metrics that Prometheus reads", async () => {
    const { url } = await open();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get("content-type")).toContain("text/plain; version=0.0.4");
    expect(samples(await answer.text())).toMatchObject({
      focus_gateway_ready: 1,
      focus_gateway_focus_ratio: 0.72,
      focus_gateway_coverage_ratio: 0.9,
      focus_gateway_frames_per_second: 9.5,
      focus_gateway_spool_messages: 3,
      focus_gateway_disk_free_bytes: 1.5e9,
      focus_gateway_temperature_celsius: 48.5,
      'focus_gateway_camera_ok{camera="front"}': 1,
      'focus_gateway_camera_ok{camera="back"}': 0,
      'focus_gateway_restarts{part="eye"}': 1,
      focus_gateway_set_aside_messages: 1,
      focus_gateway_held_messages: 2,
      focus_gateway_refused_messages: 4,
      focus_gateway_damaged_records: 5,
      focus_gateway_flows_ok: 0,
      focus_gateway_config_as_given: 1,
      'focus_gateway_sink_ok{sink="embedded"}': 1,
      'focus_gateway_sink_backlog_points{sink="embedded"}': 7,
      'focus_gateway_sink_refused_points{sink="embedded"}': 6,
      'focus_gateway_sink_lost_points{sink="embedded"}': 8,
      'focus_gateway_memory_bytes{part="gateway"}': 1.2e8,
    });
  });

  it("leaves out what is unknown instead of writing 0, also when it was known before", async () => {
    let report = healthy;
    const { url } = await open({}, async () => report);
    const read = async () => samples(await (await fetch(`${url}/metrics`)).text());
    expect(await read()).toHaveProperty("focus_gateway_focus_ratio");
    report = {
      ...healthy,
      room: { focus: null, coverage: 0.2 },
      health: { ...healthy.health, temperatureCelsius: null, cameras: {} },
    };
    const later = await read();
    expect(later).not.toHaveProperty("focus_gateway_focus_ratio");
    expect(later).not.toHaveProperty("focus_gateway_temperature_celsius");
    expect(later.focus_gateway_coverage_ratio).toBe(0.2);
    expect(Object.keys(later).filter((name) => name.includes("camera"))).toEqual([]);
  });

  it("answers 404 and 405 to the rest, and 500 when the report fails", async () => {
    const { url } = await open({}, async () => {
      throw new Error("broken on purpose");
    });
    expect((await fetch(`${url}/`)).status).toBe(404);
    expect((await fetch(`${url}/healthz`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/readyz`)).status).toBe(500);
  });

  it("asks for the token, except for whether it is alive", async () => {
    const { url } = await open({ token: "open sesame" });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const wrong = { headers: { authorization: "Bearer open" } };
    expect((await fetch(`${url}/readyz`, wrong)).status).toBe(401);
    const right = { headers: { authorization: "Bearer open sesame" } };
    expect((await fetch(`${url}/metrics`, right)).status).toBe(200);
  });

  it("refuses to be exposed without a token", async () => {
    await expect(open({ host: "0.0.0.0" })).rejects.toMatchObject({ code: "EXPOSED_WITHOUT_CREDENTIALS" });
  });

  it("names the key when its port is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const opening = open({ port });
    await expect(opening).rejects.toMatchObject({ code: "PORT_IN_USE" });
    await expect(opening).rejects.toThrow(String(port));
  });

  it("is gone after close, which may be called twice", async () => {
    const server = await open();
    await fetch(`${server.url}/healthz`);
    await server.close();
    await server.close();
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
  });
});
