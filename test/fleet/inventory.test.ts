import { writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openInventory } from "../../gateway/fleet/inventory.ts";
import { csvOf, tableOf } from "../../gateway/fleet/sheet.ts";
import type { Health } from "../../gateway/health.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { healthMessage } from "../../gateway/publish/publish.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const NOW = Date.UTC(2026, 10, 23, 9, 15, 5);
const HEALTH: Health = {
  time: NOW,
  version: "0.1.0",
  uptimeSeconds: 62,
  engine: { provider: "cpu", precision: "int8" },
  model: "attention@0a1b2c3d",
  perception: "default@4e5f6a7b",
  framesPerSecond: 2,
  frameAgeSeconds: 0.3,
  spoolDepth: 7,
  spoolBytes: 900,
  dropped: 0,
  setAside: 0,
  held: 0,
  refused: 0,
  damaged: 0,
  sinks: { embedded: { ok: true, backlog: 0, refused: 0, lost: 0 } },
  diskFreeMegabytes: 10240,
  temperatureCelsius: null,
  cameras: { front: "ok", back: "lost" },
  sensors: { "air-1": "ok" },
  shut: null,
  shutBy: [],
  certificateDays: 700,
  audit: "3@0a1b",
  flows: "ok",
  config: "as_given",
  configHash: "0a1b2c3d4e5f6071",
  profile: "aggregate",
};

/** An inventory that has heard these: `riverside/room-12/state` and payload. */
function having(...messages: readonly (readonly [string, string])[]) {
  const inventory = openInventory();
  for (const [place, payload] of messages) {
    const [site, room, kind] = place.split("/");
    inventory.hear(`classroom/v1/${site}/${room}/gateway/${kind}`, payload);
  }
  return inventory.rooms();
}

const said = (health: Partial<Health> = {}) => healthMessage({ ...HEALTH, ...health }).payload;

describe("an inventory of rooms", () => {
  it("puts together what a gateway says of its state and its health", () => {
    expect(having(["s/r/state", "offline"], ["s/r/health", said()])).toEqual([
      {
        site: "s",
        room: "r",
        state: "offline",
        heard: "2026-11-23T09:15:05.000Z",
        version: "0.1.0",
        provider: "cpu:int8",
        model: "attention@0a1b2c3d",
        perception: "default@4e5f6a7b",
        profile: "aggregate",
        config: "as_given",
        configHash: "0a1b2c3d4e5f6071",
        flows: "ok",
        cameras: { front: "ok", back: "lost" },
        sensors: { "air-1": "ok" },
        spool: 7,
        sinks: { embedded: true },
        diskFreeMegabytes: 10240,
        shut: null,
      },
    ]);
  });

  it("takes the health of another version for what it knows of it", () => {
    const [room] = having([
      "s/r/health",
      JSON.stringify({ version: "9", cameras: "many", new: [1], spool_depth: "x" }),
    ]);
    expect(room).toMatchObject({ version: "9", cameras: {}, spool: null, config: null, state: null });
  });

  it("lets nothing anybody publishes there end it, and shows no word that a gateway does not say", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (payload) => {
        const rooms = having(["s/r/health", payload], ["s/r/state", payload]);
        for (const room of rooms) expect([null, "online", "stopped", "offline"]).toContain(room.state);
        tableOf(rooms, NOW);
        csvOf(rooms);
      }),
    );
  });

  it("is a table in which what is not well stands out, by site and room", () => {
    const rooms = having(
      ["riverside/room-9/state", "online"],
      ["riverside/room-12/state", "online"],
      [
        "riverside/room-12/health",
        said({ config: "last_good", shut: "timetable: there is no lesson", time: NOW - 7_200_000 }),
      ],
      ["hill/a/health", said({ version: "\u001b[2J", cameras: {} })],
    );
    const lines = tableOf(rooms, NOW);
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ["site", "room", "state", "heard"],
      ["hill", "a", "–", "0 s"],
      ["riverside", "room-12", "online", "2 h"],
      ["riverside", "room-9", "online", "–"],
    ]);
    expect(lines[2]).toMatch(/0a1b2c3d LAST GOOD {2}1 of 2, back lost {2}1 .*timetable: there is no lesson$/);
    expect(lines.join()).not.toContain("\u001b");
  });

  it("is CSV that a spreadsheet reads, and takes no formula from", () => {
    const [head, row, end] = csvOf(having(["s/r/health", said({ shut: 'a "b", c', version: "=1+1" })])).split(
      "\r\n",
    );
    expect(head).toMatch(/^site,room,state,heard,version,/);
    expect(row).toBe(
      `s,r,,2026-11-23T09:15:05.000Z,'=1+1,cpu:int8,attention@0a1b2c3d,default@4e5f6a7b,aggregate,as_given,0a1b2c3d4e5f6071,ok,front=ok back=lost,air-1=ok,7,embedded=true,10240,"a ""b"", c"`,
    );
    expect(end).toBe("");
  });
});

describe.skipIf(!hasMosquitto)("the inventory command (skipped without mosquitto)", () => {
  it("reads what is retained on a real broker as somebody who may read nothing else, as table, JSON and CSV", async () => {
    const folder = await temporaryFolder();
    const acl = path.join(folder, "acl");
    const passwordFile = path.join(folder, "password");
    await writeFile(
      acl,
      "user gateway\ntopic readwrite classroom/#\nuser it\ntopic read classroom/v1/+/+/gateway/#\n",
      { mode: 0o700 },
    );
    await writeFile(passwordFile, "it-password\n");
    const broker = await startMosquitto({
      users: { gateway: "gateway-password", it: "it-password" },
      extra: [`acl_file ${acl}`],
    });
    const gateway = connectMqtt(
      {
        url: broker.url,
        username: "gateway",
        password: "gateway-password",
        clientId: "g",
        cleanSession: true,
      },
      createLogger("silent" as "error", false),
    );
    try {
      await until(() => gateway.connected || undefined, 15, "the broker");
      for (const room of ["room-1", "room-2"]) {
        await gateway.publish(`classroom/v1/riverside/${room}/gateway/state`, "online", { retain: true });
        await gateway.publish(`classroom/v1/riverside/${room}/gateway/health`, said(), { retain: true });
        await gateway.publish(`classroom/v1/riverside/${room}/event/mark`, '{"text":"secret"}', {
          retain: true,
        });
      }
      await gateway.publish("classroom/v1/hill/a/gateway/state", "offline", { retain: true });

      const args = ["inventory", "--mqtt", broker.url, "--username", "it", "--password-file", passwordFile];
      const listed = await cli([...args, "--json"]);
      expect(listed).toMatchObject({ code: 0 });
      expect(jsonLines(listed.out).map(({ site, room, state }) => `${site}/${room} ${state}`)).toEqual([
        "hill/a offline",
        "riverside/room-1 online",
        "riverside/room-2 online",
      ]);
      const shown = await cli([...args, "--site", "riverside"]);
      expect(shown.out.trim().split("\n")).toHaveLength(3);
      const csv = await cli([...args, "--csv"]);
      expect(csv.out.trim().split("\r\n")).toHaveLength(4);

      await writeFile(passwordFile, "guess\n");
      expect(await cli(args)).toMatchObject({
        code: 1,
        out: "",
        err: expect.stringContaining("BROKER_REFUSED"),
      });
    } finally {
      await gateway.close();
      await broker.stop();
    }
  }, 60_000);

  it("says when nobody is there, and when nobody said where to look", async () => {
    const url = `mqtt://me:hunter22@127.0.0.1:${await freePort()}`;
    const nobody = await cli(["inventory", "--mqtt", url, "--seconds", "2"]);
    expect(nobody).toMatchObject({ code: 1, err: expect.stringContaining("BROKER_UNREACHABLE") });
    expect(nobody.err).not.toContain("hunter22");
    expect(await cli(["inventory"])).toMatchObject({ code: 2, err: expect.stringContaining("--mqtt") });
  }, 60_000);
});
