import { once } from "node:events";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { packageRoot } from "../../../gateway/paths.ts";
import { openDatabase } from "../../../gateway/record/duckdb.ts";
import { openEmbedded, storeFile } from "../../../gateway/record/sinks/embedded.ts";
import { reading, sinkContract } from "../../contracts/sink.ts";
import { temporaryFolder } from "../../support/places.ts";
import { launch } from "../../support/programs.ts";

/** Child processes run the compiled gateway, as people do. */
const dist = process.env.FOCUS_GATEWAY_DIST ?? "dist";

async function openStore(folder?: string) {
  const dataFolder = folder ?? (await temporaryFolder());
  const sink = await openEmbedded(dataFolder);
  onTestFinished(() => sink.close());
  const rows = async (sql: string) => {
    const found: unknown[][] = [];
    await sink.read(
      { sql, maximumRows: 10_000, timeoutSeconds: 10 },
      { columns: async () => {}, rows: async (rows) => void found.push(...rows) },
    );
    return found;
  };
  return { dataFolder, sink, rows };
}

sinkContract("embedded", async () => {
  const { sink, rows } = await openStore();
  const look = async (measurement: string, field: string) =>
    (await rows(`SELECT "${field}" FROM ${measurement} ORDER BY time`)).map(([value]) => value);
  return { sink, look };
});

/** Runs a module's text in a process of its own, with the store's file as argument. */
function elsewhere(text: string, file: string) {
  return launch(process.execPath, ["--input-type=module", "-e", text, file]);
}

describe("the embedded store", () => {
  it("has the time in UTC to the millisecond", async () => {
    const { sink, rows } = await openStore();
    await sink.write([{ ...reading(0, 1), time: Date.UTC(2026, 2, 29, 1, 59, 59, 123) }]);
    expect(await rows("SELECT time FROM environment")).toEqual([["2026-03-29T01:59:59.123Z"]]);
    expect(await rows("SELECT date_trunc('day', time) FROM environment")).toEqual([
      ["2026-03-29T00:00:00.000Z"],
    ]);
  });

  it("gains columns as the schema grows, and an older file gains what it lacks", async () => {
    const folder = await temporaryFolder();
    const old = await openDatabase(storeFile(folder));
    await old.run(
      "CREATE TABLE gateway_health (time TIMESTAMPTZ NOT NULL, site VARCHAR NOT NULL, room VARCHAR NOT NULL, PRIMARY KEY (time, site, room))",
    );
    old.close();
    const { sink, rows } = await openStore(folder);
    const tags = { site: "s", room: "r" };
    const fields = { version: "2", disk_free_mb: 12.5, cameras_front_state: "ok", hot: true };
    expect(await sink.write([{ measurement: "gateway_health", tags, fields, time: 1 }])).toEqual([]);
    await sink.close();
    const again = await openStore(folder);
    expect(
      await again.rows("SELECT version, disk_free_mb, cameras_front_state, hot FROM gateway_health"),
    ).toEqual([["2", 12.5, "ok", true]]);
    await expect(rows("SELECT 1")).rejects.toThrow("closed");
  });

  it("takes what it has already, among new points, new columns and other tables, and has each row once", async () => {
    const { sink, rows } = await openStore();
    const health = (fields: Record<string, number>) => ({
      ...{ measurement: "gateway_health" as const, tags: { site: "s", room: "r" }, fields, time: 1000 },
    });
    await sink.write([reading(0, 1), reading(1, 2), health({ disk: 1 })]);
    // As after a crash: the last points come again, with what has come since.
    expect(await sink.write([reading(1, 20), reading(2, 30), health({ memory: 2 })])).toEqual([]);
    expect(await sink.write([reading(3, 40)])).toEqual([]);
    expect(await rows("SELECT value FROM environment ORDER BY time")).toEqual([[1], [20], [30], [40]]);
    expect(await rows("SELECT disk, memory FROM gateway_health")).toEqual([[1, 2]]);
  });

  it("tells apart two events of one moment that are about different zones", async () => {
    const { sink, rows } = await openStore();
    const drop = (zone: string) => ({
      measurement: "event" as const,
      tags: { site: "s", room: "r", kind: "focus_drop", zone },
      fields: { count: 1 },
      time: 1000,
    });
    await sink.write([drop("front"), drop("back")]);
    expect(await rows("SELECT zone FROM event ORDER BY zone")).toEqual([["back"], ["front"]]);
  });

  it("finds the one point that can never be written, and keeps the others", async () => {
    const { sink, rows } = await openStore();
    const points = Array.from({ length: 20 }, (_, i) => reading(i, i));
    const bad = { ...points[13]!, time: 1e18 };
    points[13] = bad;
    const refused = await sink.write(points);
    expect(refused.map(({ point }) => point)).toEqual([bad]);
    expect(await rows("SELECT count(*) FROM environment")).toEqual([[19]]);
  });

  it("begins anew only after whoever reads has been told: two open stores would take away each other's log", async () => {
    const { dataFolder, sink } = await openStore();
    await sink.write([reading(0, 0)]);
    let goOn = () => {};
    const slow = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let begun = () => {};
    const reads = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const question = { sql: "SELECT a.* FROM environment a, range(9000)", maximumRows: 9000 };
    const asked = sink
      .read(
        { ...question, timeoutSeconds: 60 },
        {
          columns: async () => begun(),
          rows: () => slow,
        },
      )
      .catch((error) => error);
    await reads;
    await sink.write([{ ...reading(1, 1), time: 1e18 }]); // the store is opened anew after this
    await sink.write([reading(2, 2)]);
    goOn();
    expect(await asked).toMatchObject({ code: "QUERY_INVALID", message: expect.stringContaining("closed") });
    await sink.write([reading(3, 3)]);

    // As a power cut would leave it.
    const left = await temporaryFolder();
    await cp(dataFolder, left, { recursive: true });
    const { rows } = await openStore(left);
    expect(await rows("SELECT value FROM environment ORDER BY time")).toEqual([[0], [2], [3]]);
  });

  it("answers nobody any more once it is being closed", async () => {
    const database = await openDatabase(path.join(await temporaryFolder(), "any.duckdb"));
    const question = { sql: "SELECT 1", maximumRows: 1, timeoutSeconds: 10 };
    const nobody = { columns: async () => {}, rows: async () => {} };
    const begun = database.read(question, nobody).catch((error) => error);
    const closing = database.close();
    await expect(database.read(question, nobody)).rejects.toMatchObject({ code: "QUERY_INVALID" });
    expect(await begun).toMatchObject({ code: "QUERY_INVALID" });
    await closing;
  });

  it("says STORE_LOCKED while another process holds the file, and opens once it has let go", async () => {
    const { dataFolder, sink } = await openStore();
    await sink.close();
    const holder = elsewhere(
      `const { DuckDBInstance } = await import("@duckdb/node-api");
       const instance = await DuckDBInstance.create(process.argv[1]);
       console.log("held"); setInterval(() => instance, 1000);`,
      storeFile(dataFolder),
    );
    await once(holder.stdout, "data");
    await expect(openEmbedded(dataFolder)).rejects.toMatchObject({ code: "STORE_LOCKED" });
    holder.kill("SIGKILL");
    await once(holder, "exit");
    await (await openEmbedded(dataFolder)).close();
  });

  it("moves a damaged file aside, whole, says so, and goes on with a new one", async () => {
    const folder = await temporaryFolder();
    await writeFile(storeFile(folder), "this is no database\n".repeat(1000));
    const before = await readFile(storeFile(folder));
    const moved: string[] = [];
    const sink = await openEmbedded(folder, (_, movedTo) => void moved.push(movedTo));
    expect(await sink.write([reading(0, 1)])).toEqual([]);
    await sink.close();
    expect(moved).toHaveLength(1);
    expect(path.basename(moved[0]!)).toMatch(/^store\.duckdb\.damaged-\d{4}/);
    expect(await readFile(moved[0]!)).toEqual(before);
  });

  it("says STORE_UNREADABLE about what is no file, and leaves it as it is", async () => {
    const folder = await temporaryFolder();
    await mkdir(storeFile(folder));
    await expect(openEmbedded(folder)).rejects.toMatchObject({ code: "STORE_UNREADABLE" });
  });

  it("has every row whose write had resolved when its process was killed", async () => {
    const folder = await temporaryFolder();
    const sinkModule = path.join(packageRoot, dist, "gateway/record/sinks/embedded.js");
    for (let round = 0; round < 3; round += 1) {
      const child = elsewhere(
        `const { openEmbedded } = await import(${JSON.stringify(sinkModule)});
         const sink = await openEmbedded(process.argv[1]);
         for (let i = 0; ; i += 1) {
           const time = ${round} * 1e6 + i;
           await sink.write([{ measurement: "environment", tags: { site: "s", room: "r", device: "d", quantity: "q" }, fields: { value: i }, time }]);
           process.stdout.write(time + "\\n");
         }`,
        folder,
      );
      let said = "";
      child.stdout.on("data", (chunk) => {
        said += chunk;
      });
      while (said.split("\n").length < 40) await new Promise((resolve) => setTimeout(resolve, 5));
      child.kill("SIGKILL");
      await once(child, "close");
      // The last line may have been cut by the kill; all the others were acknowledged.
      const acknowledged = said.split("\n").slice(0, -1).map(Number);
      const { sink, rows } = await openStore(folder);
      const found = new Set((await rows("SELECT epoch_ms(time) FROM environment")).map(([time]) => time));
      expect(acknowledged.filter((time) => !found.has(time))).toEqual([]);
      expect(acknowledged.length).toBeGreaterThan(30);
      await sink.close();
    }
  });

  it("leaves no listener on the process behind", async () => {
    const count = () => process.eventNames().map((name) => [name, process.listenerCount(name as "exit")]);
    await (await openEmbedded(await temporaryFolder())).close();
    const before = count();
    await (await openEmbedded(await temporaryFolder())).close();
    expect(count()).toEqual(before);
  });
});
