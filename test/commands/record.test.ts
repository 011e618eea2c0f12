import { writeFile } from "node:fs/promises";
import path from "node:path";
import { connectAsync } from "mqtt";
import { describe, expect, it, onTestFinished } from "vitest";
import { stringify } from "yaml";
import { cli, jsonLines, startCli } from "../support/cli.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { hasMosquitto, startMosquitto } from "../support/mosquitto.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const base = { site: "north", room: "recorder-1" };

describe.skipIf(!hasMosquitto || !hasInflux)("record (skipped without mosquitto or influxd)", () => {
  it("writes what every room of its site publishes into the database, and ends when it is told to", async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.stop());
    const influx = await startInflux();
    onTestFinished(() => influx.stop());
    const config = path.join(await temporaryFolder(), "recorder.yaml");
    const record = { embedded: false, share: "school", influx: { version: "1", url: influx.url } };
    await writeFile(config, stringify({ ...base, dataFolder: "data", mqtt: { url: broker.url }, record }));
    const recorder = startCli(["record", "--config", config, "--json"]);
    onTestFinished(() => void recorder.child.kill("SIGKILL"));
    await recorder.says('"recording":"north"', 30);

    const client = await connectAsync(broker.url);
    onTestFinished(() => client.endAsync(true));
    const reading = { value: 21.5, unit: "Cel", quality: "ok" };
    // Until the broker knows the recorder, nobody keeps anything for it.
    const rows = await until(
      async () => {
        for (const room of ["north/101", "north/102", "south/7"])
          await client.publishAsync(
            `classroom/v1/${room}/sensor/air-1/temperature`,
            JSON.stringify({ time: "2026-11-23T09:00:00Z", ...reading }),
            { qos: 1 },
          );
        const found = await influx.query("SELECT value, room FROM environment");
        return found.length >= 2 ? found : undefined;
      },
      30,
      "both rooms",
    );
    expect(rows.map(({ room }) => room).sort()).toEqual(["101", "102"]);
    recorder.child.kill("SIGTERM");
    expect(await recorder.ended).toBe(0);
  }, 90_000);

  it("needs no camera, which a gateway does", async () => {
    const config = path.join(await temporaryFolder(), "recorder.yaml");
    await writeFile(config, stringify({ ...base, dataFolder: "data" }));
    expect(await cli(["config", "check", config])).toMatchObject({ code: 0 });
    expect(await cli(["run", "--config", config])).toMatchObject({
      code: 2,
      err: expect.stringContaining("cameras: a gateway needs one"),
    });
    const { out } = await cli(["doctor", "--config", config, "--json"]);
    expect(jsonLines(out)).toContainEqual({
      check: "cameras",
      result: "ok",
      says: "none: a recorder needs none",
    });
  });

  it("says what it needs, with 2", async () => {
    const config = path.join(await temporaryFolder(), "recorder.yaml");
    await writeFile(config, stringify({ ...base, dataFolder: "data" }));
    expect(await cli(["record", "--config", config])).toMatchObject({
      code: 2,
      err: expect.stringContaining("mqtt.url is needed"),
    });
  });
});
