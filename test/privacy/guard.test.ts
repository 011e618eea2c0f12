import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { audit, auditFile, checkAudit } from "../../gateway/audit.ts";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { connectMqtt } from "../../gateway/mqtt.ts";
import { keepPause } from "../../gateway/pause.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { standInChip } from "../support/gpio.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { endGateway, layRoom, startGateway } from "../support/room.ts";

const prepared = await preparedForTests();

/** A timetable with one lesson around now, or with none. */
function timetable(lesson: boolean): string {
  const stamp = (time: number) => new Date(time).toISOString().replace(/[-:]|\.\d+/g, "");
  const event = [
    "BEGIN:VEVENT",
    "UID:1@school",
    `DTSTAMP:${stamp(Date.now())}`,
    `DTSTART:${stamp(Date.now() - 60_000)}`,
    "DURATION:PT45M",
    "SUMMARY:Biology",
    "END:VEVENT",
  ];
  return [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//school",
    ...(lesson ? event : []),
    "END:VCALENDAR",
    "",
  ].join("\r\n");
}

describe.skipIf(!prepared)(
  "a gateway that may look only during lessons (skipped without the model pack)",
  () => {
    it("opens no camera before the timetable lets it, lights its LED while one is open, and writes all of it down", async () => {
      const folder = await temporaryFolder();
      const plan = path.join(folder, "plan.ics");
      const led = path.join(folder, "led");
      await mkdir(led);
      await writeFile(path.join(led, "max_brightness"), "255\n");
      await writeFile(path.join(led, "brightness"), "255");
      await writeFile(plan, timetable(false));
      const brightness = () => readFile(path.join(led, "brightness"), "utf8");

      const room = await layRoom(prepared!, () => ({
        privacy: { timetable: { file: plan }, indicator: { led } },
      }));
      const kinds = async () => (await checkAudit(room.data)).entries.map(({ kind }) => kind);
      const gateway = await startGateway(room.config);
      const heard: Array<{ topic: string; payload: string }> = [];
      const connection = connectMqtt(
        { url: `mqtt://127.0.0.1:${room.ports.broker}`, clientId: "listener", cleanSession: true },
        createLogger("error"),
      );
      connection.onMessage(async (topic, payload) => void heard.push({ topic, payload: payload.toString() }));
      await connection.subscribe("classroom/v1/test/r1/#");
      const windows = () =>
        heard.filter(({ topic }) => topic.endsWith("/focus")).map(({ payload }) => JSON.parse(payload));
      try {
        await until(
          () => windows().find(({ quality }) => quality === "paused"),
          30,
          "a window without a camera",
        );
        expect(await kinds()).toEqual(["started"]);
        expect(await brightness()).toMatch(/^0/);
        expect(windows().filter(({ quality }) => quality !== "paused")).toEqual([]);

        await writeFile(plan, timetable(true));
        await until(
          () => windows().find(({ quality }) => quality === "ok"),
          40,
          "a window that says something",
        );
        expect(await kinds()).toEqual(["started", "cameras_opened"]);
        expect(await brightness()).toBe("255");

        await connection.publish("classroom/v1/test/r1/set/pause", "on", { retain: false });
        await until(
          async () => ((await kinds()).includes("cameras_closed") ? true : undefined),
          15,
          "the pause",
        );
        expect(await brightness()).toMatch(/^0/);
        await writeFile(plan, "no calendar any more");
        await connection.publish("classroom/v1/test/r1/set/pause", "off", { retain: false });
        await until(
          async () => ((await kinds()).includes("resumed") ? true : undefined),
          15,
          "the end of the pause",
        );
        await new Promise((resolve) => setTimeout(resolve, 3_000));
        expect((await kinds()).at(-1), "the timetable holds the cameras shut now").toBe("resumed");
        expect(await brightness()).toMatch(/^0/);
      } finally {
        await connection.close();
        await endGateway(gateway);
      }
      expect(await kinds()).toEqual([
        "started",
        "cameras_opened",
        "cameras_closed",
        "paused",
        "resumed",
        "stopped",
      ]);
      // Whoever reads the log by a program finds each key once in a line.
      const parts = gateway.err().match(/^.*"part":"controls".*$/gm) ?? [];
      expect(parts).toHaveLength(2);
      expect(parts.filter((line) => line.split('"part":').length > 2)).toEqual([]);
    }, 150_000);

    it.each([
      ["off", {}],
      ["eu", {}],
      ["research", { signoff: "there-is-none.yaml" }],
    ])(
      "keeps the cameras shut under the profile %s without what it needs",
      async (profile, more) => {
        const room = await layRoom(prepared!, () => ({ privacy: { profile, ...more } }));
        const gateway = await startGateway(room.config);
        try {
          await new Promise((resolve) => setTimeout(resolve, 2_500));
        } finally {
          await endGateway(gateway);
        }
        expect((await checkAudit(room.data)).entries.map(({ kind }) => kind)).toEqual(["started", "stopped"]);
      },
      60_000,
    );

    it("stays paused when it fell, or lost power, while it was paused", async () => {
      const room = await layRoom(prepared!);
      await keepPause(room.data, { until: null });
      const gateway = await startGateway(room.config);
      try {
        await new Promise((resolve) => setTimeout(resolve, 2_500));
      } finally {
        await endGateway(gateway);
      }
      expect((await checkAudit(room.data)).entries.map(({ kind }) => kind)).toEqual(["started", "stopped"]);
    }, 60_000);

    it("knows what the class is doing when it fell in the middle of it", async () => {
      // A drawn class would follow its own script as soon as it is seen.
      const room = await layRoom(prepared!, () => ({ privacy: { profile: "off" } }));
      /** Runs a gateway, says something to it, and gives the first message of a topic. */
      const first = async (topic: string, say?: object) => {
        const gateway = await startGateway(room.config);
        const connection = connectMqtt(
          { url: `mqtt://127.0.0.1:${room.ports.broker}`, clientId: "listener", cleanSession: true },
          createLogger("error"),
        );
        try {
          const heard = new Promise<Record<string, unknown>>((resolve) =>
            connection.onMessage(async (_, payload) => resolve(JSON.parse(payload.toString()))),
          );
          await connection.subscribe(`classroom/v1/test/r1/${topic}`);
          await until(() => connection.connected || undefined, 10, "the connection");
          if (say)
            await connection.publish("classroom/v1/test/r1/set/activity", JSON.stringify(say), {
              retain: false,
            });
          return await heard;
        } finally {
          await connection.close();
          gateway.child.kill("SIGKILL");
          await gateway.ended;
        }
      };
      await first("event/activity", { activity: "group", lesson: "Maths" });
      expect(await first("focus")).toMatchObject({ activity: "group", lesson: "Maths", quality: "paused" });
    }, 60_000);

    it("opens no camera while its light cannot be driven, closes them when it goes out, and says so (with programs that stand in for libgpiod's)", async () => {
      const chip = await standInChip();
      const room = await layRoom(prepared!, () => ({ privacy: { indicator: { gpio: "GPIO17" } } }));
      const gateway = await startGateway(room.config, { PATH: `${chip.folder}:${process.env.PATH}` });
      const closings = async () =>
        (await checkAudit(room.data)).entries.filter(({ kind }) => kind === "cameras_closed");
      const connection = connectMqtt(
        { url: `mqtt://127.0.0.1:${room.ports.broker}`, clientId: "listener", cleanSession: true },
        createLogger("error"),
      );
      let health: Record<string, unknown> = {};
      connection.onMessage(async (_, payload) => {
        health = JSON.parse(payload.toString());
      });
      await connection.subscribe("classroom/v1/test/r1/gateway/health");
      try {
        await until(() => health.shut_by?.toString() || undefined, 30, "who keeps them shut");
        expect(health).toMatchObject({
          shut_by: ["indicator"],
          shut: expect.stringContaining("the light GPIO17 cannot be switched"),
        });
        const ready = await (await fetch(`http://127.0.0.1:${room.ports.health}/readyz`)).json();
        expect(ready).toMatchObject({ reasons: [expect.stringContaining("the light GPIO17")] });
        const { entries } = await checkAudit(room.data);
        expect(
          entries.map(({ kind }) => kind),
          "what was only tried is not written down",
        ).toEqual(["started"]);

        await chip.plug();
        await until(
          () => (health.cameras as object)?.["front" as never] === "ok" || undefined,
          40,
          "a camera",
        );
        expect(health).toMatchObject({ shut: null, shut_by: [] });
        expect(await readFile(chip.driven, "utf8")).toBe("17=1\n");

        process.kill(Number(await readFile(chip.pid, "utf8")), "SIGKILL");
        await until(async () => (await closings())[0], 15, "closed cameras");
        expect((await closings())[0]!.about).toMatchObject({ by: "indicator" });
        await until(
          async () => (await checkAudit(room.data)).entries.at(-1)?.kind === "cameras_opened" || undefined,
          15,
          "cameras that are open again, as the light can be lit",
        );
      } finally {
        await connection.close();
        await endGateway(gateway);
      }
      expect(await readFile(chip.driven, "utf8"), "it ends dark").toBe("17=0\n");
      expect((await checkAudit(room.data)).entries.slice(-2)).toMatchObject([
        { kind: "cameras_closed", about: { by: null, because: "the gateway was stopped" } },
        { kind: "stopped" },
      ]);
    }, 120_000);
  },
);

describe("focus-gateway audit", () => {
  it("prints what was written down, and fails when something of it was taken out", async () => {
    const folder = await temporaryFolder();
    const config = path.join(folder, "gateway.yaml");
    await writeFile(
      config,
      "site: test\nroom: r1\ndataFolder: data\ncameras: [{ name: front, driver: simulated }]\n",
    );
    const data = path.join(folder, "data");
    for (const kind of ["started", "paused", "resumed"] as const) {
      await audit(data, kind, { by: "button" }, systemClock);
    }
    const whole = await cli(["audit", "--config", config, "--json"]);
    expect(whole.code).toBe(0);
    expect(jsonLines(whole.out).map(({ kind }) => kind)).toEqual(["started", "paused", "resumed"]);

    const lines = (await readFile(auditFile(data), "utf8")).split("\n");
    await writeFile(auditFile(data), [lines[0], lines[2], ""].join("\n"));
    const cut = await cli(["audit", "--config", config]);
    expect(cut.code).toBe(1);
    expect(cut.err).toContain("line 2: what stood before it was changed or taken out");
  });
});
