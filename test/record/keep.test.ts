import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import tls from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { watchSyncs } from "../../bench/faults/power.ts";
import { openDatabase } from "../../gateway/record/duckdb.ts";
import { keepOptions } from "../../gateway/record/keep.ts";
import type { Point } from "../../gateway/record/sink.ts";
import { openEmbedded, storeFile } from "../../gateway/record/sinks/embedded.ts";
import { influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import { bringLessons } from "../../gateway/record/sinks/lessons.ts";
import { manageInflux, task } from "../../gateway/record/sinks/manage.ts";
import { issue, makeAuthority } from "../../gateway/setup/certificates.ts";
import { hasInflux, startInflux } from "../support/influxd.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";

const keep = keepOptions.parse({ rawDays: 30, minuteDays: 60 });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const today = Date.UTC(2026, 10, 23);

const window = (time: number, focus: number, quality = "ok", lesson = "Maths"): Point => ({
  measurement: "focus",
  tags: { site: "north", room: "101", activity: "lecture", model: "m@0", provider: "cpu:int8" },
  fields: { focus: quality === "ok" ? focus : null, coverage: 0.9, quality, lesson },
  time,
});

describe("the embedded store's upkeep", () => {
  it("rolls up minutes, lessons and days, of what has quality ok only, and again when more comes late", async () => {
    const { store, rows } = await opened();
    await store.write([
      window(today + 10_000, 0.4),
      window(today + 60_000, 0.6), // the end of the first minute belongs to it
      window(today + 60_001, 0.8),
      window(today + 61_000, 0, "low_coverage"),
      window(today + 62_000, 0.2, "ok", "Art"),
    ]);
    await store.keepUp(keep, today + HOUR_MS);
    await store.keepUp(keep, today + HOUR_MS);
    expect(
      await rows("SELECT epoch_ms(time), round(focus, 3), windows FROM focus_minute ORDER BY time"),
    ).toEqual([
      [today, 0.5, 2],
      [today + 60_000, 0.5, 2],
    ]);
    expect(await rows("SELECT lesson, round(focus, 3) FROM focus_lesson ORDER BY lesson")).toEqual([
      ["Art", 0.2],
      ["Maths", 0.6],
    ]);
    expect(await rows("SELECT epoch_ms(time), focus FROM focus_day")).toEqual([[today, 0.5]]);
    await store.write([window(today + 20_000, 0.8)]);
    await store.keepUp(keep, today + HOUR_MS);
    expect(await rows("SELECT round(focus, 3), windows FROM focus_minute ORDER BY time LIMIT 1")).toEqual([
      [0.6, 3],
    ]);
  });

  it("rolls up, hour by hour, what has come since: late rows too, and that of midnight with the day that it ends", async () => {
    const { store, rows } = await opened();
    const yesterday = today - DAY_MS;
    await store.write([window(yesterday + HOUR_MS, 0.2), window(yesterday + 2 * HOUR_MS, 0.4)]);
    await store.keepUp(keep, today - 1);
    await store.write([window(today, 0.6), window(today + 1, 0.9)]);
    await store.keepUp(keep, today + HOUR_MS);
    const days = "SELECT epoch_ms(time), round(focus, 3), windows FROM focus_day ORDER BY time";
    expect(await rows(days)).toEqual([
      [yesterday, 0.4, 3],
      [today, 0.9, 1],
    ]);
    await store.write([window(today - 3 * DAY_MS + HOUR_MS, 0.5)]);
    await store.keepUp(keep, today + 2 * HOUR_MS);
    expect(await rows(days)).toEqual([
      [today - 3 * DAY_MS, 0.5, 1],
      [yesterday, 0.4, 3],
      [today, 0.9, 1],
    ]);
    expect(await rows("SELECT count(*) FROM focus_minute")).toEqual([[5]]);
  });

  it("keeps the roll-ups of days whose rows have gone, after a restart too", async () => {
    const { dataFolder, store, rows } = await opened();
    const shortly = keepOptions.parse({ rawDays: 2 });
    const noon = (day: number) => today + day * DAY_MS + 12 * HOUR_MS;
    for (const day of [0, 1, 2, 3, 4]) {
      await store.write([window(noon(day), 0.5)]);
      await store.keepUp(shortly, noon(day) + HOUR_MS);
    }
    expect(await rows("SELECT count(*) FROM focus")).toEqual([[3]]);
    await store.close();
    const again = await opened(dataFolder);
    await again.store.keepUp(shortly, noon(4) + 2 * HOUR_MS);
    expect(await again.rows("SELECT count(*) FROM focus_day")).toEqual([[5]]);
    expect(await again.rows("SELECT count(*) FROM focus_lesson")).toEqual([[5]]);
  });

  it("rolls up what a sensor with a low battery measures, and not what cannot be relied on", async () => {
    const { store, rows } = await opened();
    const tags = { site: "north", room: "101", device: "co2-1", quantity: "co2", unit: "[ppm]" };
    const measured = ["ok", "low_battery", "stuck", "stale"].map((quality, i) => ({
      ...{ measurement: "environment" as const, tags, fields: { value: 600 + 100 * i, quality } },
      time: today + 1000 * (i + 1),
    }));
    await store.write(measured);
    await store.keepUp(keep, today + HOUR_MS);
    expect(await rows("SELECT value, windows FROM environment_minute")).toEqual([[650, 2]]);
  });

  it("writes finished days as Parquet, lets old rows go once they are there, and keeps the files and roll-ups", async () => {
    const { dataFolder, store, rows } = await opened();
    const long = today - 40 * DAY_MS;
    await store.write([window(long, 0.1), window(today - 5_000, 0.7), window(today + 5_000, 0.9)]);
    await store.keepUp(keep, today + HOUR_MS);
    expect(await rows("SELECT focus FROM focus ORDER BY time")).toEqual([[0.7], [0.9]]);
    const parquet = (day: string) => `read_parquet('${dataFolder}/days/${day}/focus.parquet')`;
    expect(await rows(`SELECT focus FROM ${parquet("2026-10-14")}`)).toEqual([[0.1]]);
    expect(await rows(`SELECT focus, room FROM ${parquet("2026-11-22")}`)).toEqual([[0.7, "101"]]);
    await store.write([window(today - 10_000, 0.5)]); // late, for a day that is in Parquet
    await store.keepUp(keep, today + HOUR_MS);
    expect(await rows(`SELECT focus FROM ${parquet("2026-11-22")} ORDER BY time`)).toEqual([[0.5], [0.7]]);
    await expect(rows("SELECT * FROM read_csv('/etc/passwd')")).rejects.toMatchObject({
      code: "QUERY_INVALID",
    });
  });

  it("adds what comes late to the file of a day whose rows have gone", async () => {
    const { dataFolder, store, rows } = await opened();
    const long = today - 40 * DAY_MS;
    const come = async (...offsets: number[]) => {
      await store.write(offsets.map((offset) => window(long + offset, offset / 10)));
      await store.keepUp(keep, today + HOUR_MS);
      return (
        await rows(
          `FROM read_parquet('${dataFolder}/days/2026-10-14/focus.parquet') SELECT focus ORDER BY time`,
        )
      ).flat();
    };
    expect(await come(2, 3)).toEqual([0.2, 0.3]);
    expect(await come(1)).toEqual([0.1, 0.2, 0.3]);
    expect(await come(3, 4, 5, 6)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    expect(await rows("SELECT count(*) FROM focus")).toEqual([[0]]);
  });

  it("moves a day's file aside that is damaged, and writes it anew while it can", async () => {
    const { dataFolder, store, rows } = await opened();
    await store.write(Array.from({ length: 1000 }, (_, i) => window(today + i * 1000, Math.sin(i) ** 2)));
    await store.keepUp(keep, today + DAY_MS);
    const file = path.join(dataFolder, "days", "2026-11-23", "focus.parquet");
    const bytes = await readFile(file);
    // Its end, where the number of rows stands, is whole.
    await writeFile(file, bytes.fill(7, 5000, 6000));
    await expect(rows(`SELECT sum(focus) FROM read_parquet('${file}')`)).rejects.toThrow();
    await store.keepUp(keep, today + 40 * DAY_MS);
    expect(await rows("SELECT count(*) FROM focus")).toEqual([[0]]);
    expect(await rows(`SELECT count(focus), sum(focus) > 0 FROM read_parquet('${file}')`)).toEqual([
      [1000, true],
    ]);
    expect(await readFile(`${file}.damaged`)).toEqual(bytes);
  });

  it.skipIf(process.platform !== "linux")(
    "has a day's file on disk before its rows go: a power cut then takes neither",
    async () => {
      const { dataFolder, store, rows } = await opened();
      await store.write([window(today, 0.7)]);
      const disk = await watchSyncs(dataFolder);
      onTestFinished(() => disk.stop());
      await store.keepUp(keep, today + 40 * DAY_MS);
      expect(await rows("SELECT count(*) FROM focus")).toEqual([[0]]);
      const left = await temporaryFolder();
      disk.restoreInto(left);
      const after = path.join(left, "days", "2026-11-23", "focus.parquet");
      expect(await readFile(after)).toEqual(
        await readFile(path.join(dataFolder, "days", "2026-11-23", "focus.parquet")),
      );
    },
  );

  it("writes the day of a whole school, which is more than its memory", async () => {
    const { dataFolder, store } = await opened();
    await store.close();
    const school = await openDatabase(storeFile(dataFolder));
    const columns = Array.from({ length: 160 }, (_, i) => `c${i}`);
    for (const column of columns) await school.run(`ALTER TABLE gateway_health ADD COLUMN ${column} DOUBLE`);
    await school.run(
      `INSERT INTO gateway_health (time, site, room, ${columns.join(", ")})
        SELECT make_timestamptz(${today * 1000} + (i // 10) * 10000000), 'north', 'room-' || (i % 10), ${columns.map((_, i) => `random() * ${i}`).join(", ")}
        FROM range(86400) AS r(i)`,
    );
    await school.close();
    const { store: again, rows } = await opened(dataFolder);
    await again.keepUp(keep, today + DAY_MS);
    await again.keepUp(keep, today + 40 * DAY_MS);
    expect(await rows("SELECT count(*) FROM gateway_health")).toEqual([[0]]);
    const written = `read_parquet('${dataFolder}/days/2026-11-23/gateway_health.parquet')`;
    expect(await rows(`SELECT count(*), count(DISTINCT room) FROM ${written}`)).toEqual([[86_400, 10]]);
  });

  it("lets through what comes meanwhile, can be broken off between two days, and goes on another time", async () => {
    const { dataFolder, store, rows } = await opened();
    const days = 100;
    await store.write(Array.from({ length: days }, (_, i) => window(today - (i + 1) * DAY_MS + 1, 0.5)));
    const written = () => readdir(path.join(dataFolder, "days")).catch(() => []);
    const stopping = new AbortController();
    const kept = store.keepUp(keep, today, stopping.signal).catch((error: Error) => error.name);
    await store.write([window(today + 1, 0.9)]);
    await until(async () => ((await written()).length > 0 ? true : undefined), 10, "the first day's file");
    stopping.abort();
    expect(await kept).toBe("AbortError");
    expect((await written()).length).toBeLessThan(days);
    expect(await rows("SELECT max(focus) FROM focus")).toEqual([[0.9]]);

    await store.keepUp(keep, today);
    expect((await written()).length).toBe(days);
  });
});

describe.skipIf(!hasInflux)("a real InfluxDB 1.x (skipped where influxd is not installed)", () => {
  it("is given retention and roll-ups, twice without harm, and rolls up what comes", async () => {
    const influx = await startInflux();
    onTestFinished(() => influx.stop());
    const options = influxOptions.parse({ version: "1", url: influx.url });
    await manageInflux(options, keep);
    await manageInflux(options, keep);
    const policies = await influx.query("SHOW RETENTION POLICIES ON focus");
    expect(policies.map(({ name, duration, default: usual }) => [name, duration, usual])).toEqual([
      ["autogen", "720h0m0s", true],
      ["minutes", "1440h0m0s", false],
      ["days", "0s", false],
      ["lessons", "0s", false],
    ]);
    const queries = (await influx.query("SHOW CONTINUOUS QUERIES")).map(({ name }) => name);
    expect(queries).toHaveLength(6);
    // The statement of the query, run as InfluxDB will run it.
    const sink = await openInflux(options);
    onTestFinished(() => sink.close());
    const minute = Math.floor(Date.now() / 60_000) * 60_000 - 120_000;
    await sink.write([
      window(minute, 0.4),
      window(minute + 1_000, 0.6),
      window(minute + 2_000, 0, "low_coverage"),
    ]);
    const [query] = (await influx.query("SHOW CONTINUOUS QUERIES")).filter(
      ({ name }) => name === "focus_minutes",
    );
    const body = /BEGIN (.*) END/
      .exec(String(query!.query))![1]!
      .replace("WHERE", `WHERE time >= ${minute}ms AND`);
    await influx.query(body);
    expect(await influx.query("SELECT focus, room FROM focus.minutes.focus WHERE time > 0")).toEqual([
      { time: minute, focus: 0.5, room: "101" },
    ]);
  });

  it("gets the lessons' roll-ups from the embedded store, as often as they are brought, once", async () => {
    const influx = await startInflux();
    onTestFinished(() => influx.stop());
    const options = influxOptions.parse({ version: "1", url: influx.url });
    const { store } = await opened();
    await store.write([
      window(today + 1_000, 0.4),
      window(today + 61_000, 0.6),
      window(today + 1_800_000, 0.1, "ok", "Art"),
    ]);
    await store.keepUp(keep, today + HOUR_MS);
    const bring = async () => bringLessons(options, await store.lessons(today - DAY_MS));
    await expect(bring()).rejects.toThrow(); // nobody has made a place for them yet
    await manageInflux(options, keep);
    await bring();
    await bring();
    const asked =
      "SELECT lesson, round(focus * 10) AS tenths, windows, minutes, room FROM focus.lessons.focus";
    expect(await influx.query(asked)).toEqual([
      { time: today + 1_000, lesson: "Maths", tenths: 5, windows: 2, minutes: 1, room: "101" },
      { time: today + 1_800_000, lesson: "Art", tenths: 1, windows: 1, minutes: 0, room: "101" },
    ]);
    // A lesson that goes on is written over.
    await store.write([window(today + 121_000, 0.8)]);
    await store.keepUp(keep, today + HOUR_MS);
    await bring();
    expect(await influx.query("SELECT windows FROM focus.lessons.focus")).toEqual([
      { time: today + 1_000, windows: 3 },
      { time: today + 1_800_000, windows: 1 },
    ]);
  });

  it("is set up and written to behind a school's own authority, and behind no other", async () => {
    const influx = await startInflux();
    onTestFinished(() => influx.stop());
    const authority = await makeAuthority("school", Date.now());
    const { certificate, key } = await issue(authority, ["127.0.0.1"], Date.now());
    const front = tls.createServer({ cert: certificate, key }, (socket) => {
      const behind = net.connect(influx.port, "127.0.0.1");
      for (const end of [socket, behind]) end.on("error", () => {});
      socket.pipe(behind).pipe(socket);
    });
    await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void front.close());
    const caFile = path.join(await temporaryFolder(), "authority.pem");
    await writeFile(caFile, authority.certificate);
    const url = `https://127.0.0.1:${(front.address() as AddressInfo).port}`;
    const options = influxOptions.parse({ version: "1", url, caFile });
    await manageInflux(options, keep);
    const sink = await openInflux(options);
    onTestFinished(() => sink.close());
    expect(await sink.write([window(today, 0.5)])).toEqual([]);
    expect(await influx.query("SELECT focus FROM focus WHERE time > 0")).toEqual([
      { time: today, focus: 0.5 },
    ]);
    const anybody = influxOptions.parse({ version: "1", url });
    await expect(manageInflux(anybody, keep)).rejects.toMatchObject({ code: "INFLUX_UNREACHABLE" });
  });

  it("is not touched by a user who may not", async () => {
    const influx = await startInflux({ auth: true });
    onTestFinished(() => influx.stop());
    const options = influxOptions.parse({ version: "1", url: influx.url, username: "nobody", password: "x" });
    await expect(manageInflux(options, keep)).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
  });
});

// Against a small server that answers as a 2.7 did; `influxdb2.test.ts` asks a real one, where there is one.
it("for InfluxDB 2.x makes buckets and tasks once, and afterwards changes them", async () => {
  const there = { buckets: new Map<string, string>([["focus", "b0"]]), tasks: new Map<string, string>() };
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, "http://x");
    const [, , , kind, id] = url.pathname.split("/") as string[];
    const body = await json(request);
    calls.push(`${request.method} ${kind}${id ? "/id" : ""}`);
    const known = there[kind as "buckets" | "tasks"];
    let answer: object = {};
    if (request.method === "GET") {
      const found = known.get(url.searchParams.get("name")!);
      if (!found && kind === "buckets") response.statusCode = 404;
      answer = { [kind!]: found ? [{ id: found, orgID: "o1" }] : [] };
    } else if (request.method === "POST") {
      expect(body.orgID).toBe("o1");
      known.set(body.name ?? /name: "([^"]+)"/.exec(body.flux!)![1]!, `${kind}${known.size}`);
    }
    expect(request.headers.authorization).toBe("Token t");
    response.setHeader("content-type", "application/json; charset=utf-8").end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const options = influxOptions.parse({
    version: "2",
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    org: "school",
    bucket: "focus",
    token: "t",
  });
  await manageInflux(options, keep);
  expect([...there.buckets.keys()]).toEqual(["focus", "focus_minutes", "focus_days", "focus_lessons"]);
  expect([...there.tasks.keys()]).toEqual(["focus-gateway minutes", "focus-gateway days"]);
  calls.length = 0;
  await manageInflux(options, keep);
  expect(calls.filter((call) => call.startsWith("POST"))).toEqual([]);
  expect(calls.filter((call) => call.startsWith("PATCH"))).toHaveLength(6);
});

it("tasks average whole minutes and days, and numbers that are there, by the room's own tags", () => {
  for (const [name, every, start] of [
    ["minutes", "1m", "t: -1d, unit: 1m"],
    ["days", "1d", "t: -2d, unit: 1d"],
  ] as const) {
    const flux = task('a "bucket"', { name, every });
    expect(flux).toContain('from(bucket: "a \\"bucket\\"")');
    const count = (text: string) => flux.split(text).length - 1;
    expect(count(`range(start: date.truncate(${start}))`)).toBe(3);
    expect(count('group(columns: ["_measurement", "site", "room", "activity"])')).toBe(1);
    expect(count('timeSrc: "_start"')).toBe(count("exists r."));
    expect(count(`_${name}")`)).toBe(count("exists r."));
  }
});

async function json(request: IncomingMessage): Promise<{ name?: string; flux?: string; orgID?: string }> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : JSON.parse(text);
}

async function opened(folder?: string) {
  const dataFolder = folder ?? (await temporaryFolder());
  const store = await openEmbedded(dataFolder);
  onTestFinished(() => store.close());
  const rows = async (sql: string) => {
    const found: unknown[][] = [];
    const answer = { columns: async () => {}, rows: async (more: unknown[][]) => void found.push(...more) };
    await store.read({ sql, maximumRows: 1000, timeoutSeconds: 10 }, answer);
    return found;
  };
  return { dataFolder, store, rows };
}
