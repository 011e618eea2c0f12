import { mkdirSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createLogger } from "../../../gateway/log.ts";
import { queryStore } from "../../../gateway/record/query/ask.ts";
import { socketFile } from "../../../gateway/record/query/question.ts";
import { serveQueries } from "../../../gateway/record/query/serve.ts";
import { type EmbeddedSink, openEmbedded, storeFile } from "../../../gateway/record/sinks/embedded.ts";
import { reading } from "../../contracts/sink.ts";
import { temporaryFolder } from "../../support/places.ts";

const log = createLogger("error", false);

/** As in a running gateway: the store is open for writing, and questions come through the socket. */
async function serve(dataFolder: string, sink: EmbeddedSink) {
  return serveQueries(dataFolder, (question, answer) => sink.read(question, answer), log);
}

describe.each([
  { when: "while the gateway runs", running: true },
  { when: "while it does not", running: false },
])("a query $when", ({ running }) => {
  let dataFolder: string;
  let close = async () => {};
  const ask = (sql: string, maximumRows?: number) =>
    queryStore({ dataFolder, sql, ...(maximumRows !== undefined && { maximumRows }) });

  beforeAll(async () => {
    dataFolder = await temporaryFolder();
    const sink = await openEmbedded(dataFolder);
    await sink.write(Array.from({ length: 10 }, (_, i) => reading(i, i + 0.5)));
    if (!running) return sink.close();
    const queries = await serve(dataFolder, sink);
    close = async () => {
      await queries.close();
      await sink.close();
    };
  });
  afterAll(() => close());

  it("is answered with columns, types and JSON values", async () => {
    const sql = "SELECT time, value, unit, NULL AS nothing FROM environment ORDER BY time LIMIT 1";
    expect(await ask(sql)).toEqual({
      columns: [
        { name: "time", type: "TIMESTAMP WITH TIME ZONE" },
        { name: "value", type: "DOUBLE" },
        { name: "unit", type: "VARCHAR" },
        { name: "nothing", type: "INTEGER" },
      ],
      rows: [["2026-11-23T09:00:00.000Z", 0.5, "[ppm]", null]],
      truncated: false,
    });
  });

  it("gives numbers that JSON cannot hold as texts", async () => {
    const { rows } = await ask(
      "SELECT 9007199254740993, count(*), 'nan'::DOUBLE, 1.25::DECIMAL(5,2) FROM environment",
    );
    expect(rows).toEqual([["9007199254740993", 10, "NaN", 1.25]]);
  });

  it.each([
    "FROM environment",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SHOW TABLES",
    "DESCRIBE focus",
    "SUMMARIZE environment",
    "EXPLAIN SELECT 1",
    "VALUES (1)",
  ])("may read: %s", async (sql) => {
    expect((await ask(sql)).rows.length).toBeGreaterThan(0);
  });

  it.each([
    "INSERT INTO environment (time, site, room, device, quantity) VALUES (now(), 'a', 'b', 'c', 'd')",
    "UPDATE environment SET value = 0",
    "DELETE FROM environment",
    "DROP TABLE environment",
    "ALTER TABLE environment ADD COLUMN x DOUBLE",
    "CREATE TEMP TABLE x (y INTEGER)",
    "EXPLAIN ANALYZE DELETE FROM environment",
    "SELECT 1; DELETE FROM environment",
    "COMMIT",
    "ROLLBACK; DELETE FROM environment",
    "PREPARE p AS DELETE FROM environment",
    "CHECKPOINT",
    "ATTACH ':memory:' AS m",
    "SET threads = 1",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "INSTALL httpfs",
    "LOAD httpfs",
    "CALL pragma_version()",
    "SELECT ?",
    "",
    "-- nothing",
    "SELEC 1",
    "SELECT * FROM nowhere",
  ])("is refused: %s", async (sql) => {
    await expect(ask(sql)).rejects.toMatchObject({ code: "QUERY_INVALID" });
    expect((await ask("SELECT count(*), sum(value) FROM environment")).rows).toEqual([[10, 50]]);
  });

  it("reaches no other file, to read or to write", async () => {
    const folder = await temporaryFolder();
    const secret = path.join(folder, "secret.csv");
    await writeFile(secret, "a\n1\n");
    const written = path.join(folder, "written");
    for (const sql of [
      `SELECT * FROM read_csv('${secret}')`,
      `SELECT * FROM '${secret}'`,
      `SELECT * FROM read_text('${secret}')`,
      `SELECT * FROM glob('${folder}/*')`,
      `COPY environment TO '${written}'`,
      `EXPLAIN ANALYZE COPY environment TO '${written}'`,
      `EXPORT DATABASE '${written}'`,
      `ATTACH '${written}'`,
    ])
      await expect(ask(sql), sql).rejects.toMatchObject({ code: "QUERY_INVALID" });
    await expect(stat(written)).rejects.toThrow();
  });

  it("stops at the most rows asked for, and says so", async () => {
    const all = await ask("FROM range(100000)", 5000);
    expect(all.rows).toHaveLength(5000);
    expect(all.truncated).toBe(true);
    expect((await ask("FROM range(5000)", 5000)).truncated).toBe(false);
  });

  it("is stopped when it takes too long", async () => {
    const sql = "SELECT count(*) FROM range(1000000000) a, range(1000000000) b WHERE a.range * b.range = 7";
    const asked = queryStore({ dataFolder, sql, timeoutSeconds: 0.3 });
    await expect(asked).rejects.toThrow("longer than 0.3 s");
  });
});

describe("the store's socket", () => {
  async function gateway() {
    const dataFolder = await temporaryFolder();
    const sink = await openEmbedded(dataFolder);
    const queries = await serve(dataFolder, sink);
    onTestFinished(async () => {
      await queries.close();
      await sink.close();
    });
    return { dataFolder, sink, queries };
  }

  it("is for the gateway's own user only", async () => {
    const { dataFolder } = await gateway();
    expect((await stat(socketFile(dataFolder))).mode & 0o777).toBe(0o600);
  });

  it("shows what was written a moment ago, and lets the gateway write on while somebody reads", async () => {
    const { dataFolder, sink } = await gateway();
    await sink.write([reading(0, 1)]);
    const sql = "SELECT count(*) FROM environment";
    const slow = queryStore({ dataFolder, sql: "SELECT sum(range) FROM range(300000000)" });
    await sink.write([reading(1, 1)]);
    expect((await queryStore({ dataFolder, sql })).rows).toEqual([[2]]);
    expect((await slow).rows).toEqual([["44999999850000000"]]);
  });

  it("is gone after closing, and one that a crash left behind is replaced", async () => {
    const { dataFolder, sink, queries } = await gateway();
    await queries.close();
    await expect(stat(socketFile(dataFolder))).rejects.toThrow();
    mkdirSync(dataFolder, { recursive: true });
    const { spawnSync } = await import("node:child_process");
    spawnSync(process.execPath, [
      "-e",
      "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
      socketFile(dataFolder),
    ]);
    expect((await stat(socketFile(dataFolder))).isSocket()).toBe(true);
    const again = await serve(dataFolder, sink);
    expect((await queryStore({ dataFolder, sql: "SELECT 1" })).rows).toEqual([[1]]);
    await again.close();
  });

  it("outlives those who say nonsense, nothing at all, too much, or leave early", async () => {
    const { dataFolder } = await gateway();
    for (const words of ["nonsense\n", "{}\n", "x".repeat(300_000), '{"sql":"SELECT 1"']) {
      const socket = connect(socketFile(dataFolder));
      socket.on("error", () => {});
      socket.write(words);
      await sleep(20);
      socket.destroy();
    }
    const leaver = connect(socketFile(dataFolder));
    leaver.on("error", () => {});
    leaver.write(
      `${JSON.stringify({ sql: "FROM range(10000000)", maximumRows: 10_000_000, timeoutSeconds: 60 })}\n`,
    );
    await new Promise((resolve) => leaver.once("data", resolve));
    leaver.destroy();
    expect((await queryStore({ dataFolder, sql: "SELECT 42" })).rows).toEqual([[42]]);
  });
});

describe("a gateway that stops in the middle of an answer", () => {
  it("says so, rather than giving half of it", async () => {
    const dataFolder = await temporaryFolder();
    const sink = await openEmbedded(dataFolder);
    const queries = await serve(dataFolder, sink);
    const asked = queryStore({ dataFolder, sql: "FROM range(50000000)", maximumRows: 10_000_000 });
    const settled = expect(asked).rejects.toThrow("stopped before it had answered");
    await sleep(300);
    await queries.close();
    await settled;
    await sink.close();
  });
});

describe("without a gateway", () => {
  it("says STORE_MISSING when there is no store yet, and makes none", async () => {
    const dataFolder = await temporaryFolder();
    const asked = queryStore({ dataFolder, sql: "SELECT 1" });
    await expect(asked).rejects.toMatchObject({ code: "STORE_MISSING" });
    await expect(stat(storeFile(dataFolder))).rejects.toThrow();
  });

  it("says STORE_DAMAGED about a damaged store, and does not touch it", async () => {
    const dataFolder = await temporaryFolder();
    await writeFile(storeFile(dataFolder), "garbage");
    const asked = queryStore({ dataFolder, sql: "SELECT 1" });
    await expect(asked).rejects.toMatchObject({ code: "STORE_DAMAGED" });
    expect(await readFile(storeFile(dataFolder), "utf8")).toBe("garbage");
  });
});
