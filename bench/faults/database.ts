import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SinkState } from "../../gateway/record/drain.ts";
import { queryStore } from "../../gateway/record/record.ts";
import { until } from "../../test/support/programs.ts";
import { type Case, numbersIn, type Outcome, tally, upTo } from "./case.ts";
import { type Mood, openDoor } from "./door.ts";
import type { House, Place } from "./place.ts";
import { timeOf } from "./windows.ts";

const influxOnly = (url: string, more: object = {}) => ({
  embedded: false,
  influx: { version: "1", url, ...more },
});
const stateOf = (house: House): SinkState => house.record.state().sinks.influx!;

/** Two hundred windows through a door in this mood, into a real InfluxDB. */
async function throughDoor(
  place: Place,
  mood: (write: number) => Mood,
  judge: (seen: { problems: Set<string>; writes: readonly number[]; state: SinkState }) => {
    seen: string;
    ok: boolean;
  },
  windows = 200,
): Promise<Outcome> {
  const influx = await place.influx();
  const door = await openDoor(influx.url, mood);
  place.onEnd(() => door.close());
  const house = await place.house({ record: influxOnly(door.url) });
  const problems = new Set<string>();
  const watching = setInterval(() => {
    const { problem } = stateOf(house);
    if (problem) problems.add(problem.replace(door.url, "it"));
  }, 20);
  place.onEnd(() => clearInterval(watching));
  await house.send(0, windows);
  await house.drained(90);
  const { seen, ok } = judge({ problems, writes: door.writes, state: stateOf(house) });
  const { lost, duplicated } = tally(upTo(windows), await numbersIn(influx));
  return { seen, lost, duplicated, ok: ok && lost === 0 && duplicated === 0 };
}

export const databases: readonly Case[] = [
  {
    number: 11,
    title: "database away for as much as 8 hours of one room bring (34,560 messages), then back",
    expected:
      "memory bounded; the backlog drained in order; what is sent meanwhile is written within 2 s of the database's return to the gateway; all of it, once",
    needs: ["mosquitto", "influxd"],
    async run(place) {
      const influx = await place.influx();
      let away = true;
      const arrived: { readonly at: number; readonly numbers: readonly number[] }[] = [];
      const door = await openDoor(
        influx.url,
        () => (away ? { kind: "status", status: 503 } : { kind: "open" }),
        (lines) => {
          const numbers = lines.map((line) => Number(/[ ,]heads=(\d+)/.exec(line)?.[1]));
          if (!away) arrived.push({ at: performance.now(), numbers });
        },
      );
      place.onEnd(() => door.close());
      const broker = await place.mosquitto();
      const folder = await place.subfolder("gateway");
      const recorder = await place.child({
        folder,
        broker: broker.url,
        record: influxOnly(door.url) as never,
      });
      const house = await place.house({ broker: broker.url, record: { embedded: false } });
      await house.send(0, 1_000);
      await sleep(1500);
      const early = recorder.status()!.rss;
      // 8 hours of windows every 5 s are 5,760; with five sensors, six times as many.
      const many = 34_560;
      await house.send(1_000, many);
      const backlog = () => recorder.status()!.record!.sinks.influx!.backlog;
      await until(() => (backlog() >= many ? true : undefined), 60, "the backlog");
      const grown = Math.round((recorder.status()!.rss - early) / 1e6);
      away = false;
      await until(() => (arrived.length > 0 ? true : undefined), 45, "the first write");
      // A window every 100 ms while the backlog drains, and for as long again.
      const sentAt = new Map<number, number>();
      for (let n = many; n < many + 100; n++) {
        sentAt.set(n, performance.now());
        await house.send(n, n + 1);
        await sleep(100);
      }
      await until(() => (backlog() === 0 ? true : undefined), 60, "the backlog to drain");
      await until(
        async () => ((await numbersIn(influx)).length >= many + 100 ? true : undefined),
        30,
        "the last",
      );
      let worst = 0;
      const old: number[] = [];
      for (const { at, numbers } of arrived)
        for (const number of numbers) {
          const sent = sentAt.get(number);
          if (sent === undefined) old.push(number);
          else worst = Math.max(worst, at - sent);
        }
      const inOrder = old.every((number, i) => i === 0 || number >= old[i - 1]!);
      const { lost, duplicated } = tally(upTo(many + 100), await numbersIn(influx));
      return {
        seen: `memory grew by ${grown} MB; the backlog came ${inOrder ? "in" : "out of"} order; live after ${(worst / 1000).toFixed(1)} s at worst`,
        lost,
        duplicated,
        ok: lost + duplicated === 0 && grown < 150 && inOrder && worst < 2_000,
      };
    },
  },
  {
    number: 12,
    title: "database that answers after 30 s",
    expected: "said as not reachable, points wait, all there once when it is quick again",
    needs: ["influxd"],
    run: (place) =>
      throughDoor(
        place,
        (write) => (write === 0 ? { kind: "late", milliseconds: 30_000 } : { kind: "open" }),
        ({ problems, writes }) => ({
          seen: `${[...problems].join("; ") || "no problem said"}; tried again after ${gap(writes)} s`,
          ok: problems.size > 0 && writes.length >= 2,
        }),
      ),
  },
  {
    number: 13,
    title: "401: the real InfluxDB does not know the user, until somebody adds it",
    expected: "waits and says so, never drops; then all there once",
    quick: true,
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx({ auth: true });
      const ask = async (q: string) =>
        fetch(`${influx.url}/query`, {
          method: "POST",
          headers: { authorization: `Basic ${Buffer.from("admin:a").toString("base64")}` },
          body: new URLSearchParams({ q, db: "focus", epoch: "ms" }),
        });
      await ask("CREATE USER admin WITH PASSWORD 'a' WITH ALL PRIVILEGES");
      await ask("CREATE DATABASE focus");
      const house = await place.house({
        record: influxOnly(influx.url, { username: "recorder", password: "p" }),
      });
      await house.send(0, 200);
      const problem = await until(() => stateOf(house).problem, 15, "the refusal");
      await ask("CREATE USER recorder WITH PASSWORD 'p'");
      await ask("GRANT ALL ON focus TO recorder");
      await house.drained();
      const answer = (await (await ask("SELECT heads FROM focus")).json()) as {
        results: { series?: { values: number[][] }[] }[];
      };
      const found = (answer.results[0]?.series?.[0]?.values ?? []).map(([, heads]) => heads!);
      const { lost, duplicated } = tally(upTo(200), found);
      return {
        seen: problem.replace(influx.url, "it"),
        lost,
        duplicated,
        ok: problem.includes("401") && lost + duplicated === 0,
      };
    },
  },
  {
    number: 14,
    title: "one bad point in a batch (a field whose type InfluxDB knows otherwise)",
    expected: "that point in the dead letters with the reason, all others written",
    quick: true,
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx();
      const folder = await place.subfolder("house");
      const house = await place.house({ folder, record: influxOnly(influx.url) });
      const event = (number: number, from: unknown) => ({
        topic: "event/focus_drop",
        kind: "event" as const,
        retain: false,
        payload: JSON.stringify({
          time: new Date(timeOf(number)).toISOString(),
          kind: "focus_drop",
          number,
          from,
        }),
      });
      await house.publisher.send(event(0, 0.5));
      await house.drained();
      await Promise.all(upTo(199, 1).map((n) => house.publisher.send(event(n, n === 77 ? "a text" : 0.5))));
      await house.drained();
      const rows = await influx.query("SELECT number FROM event");
      const letters = (await readFile(path.join(folder, "dead-letters.jsonl"), "utf8")).trim().split("\n");
      const { lost, duplicated } = tally(
        upTo(200).filter((n) => n !== 77),
        rows.map(({ number }) => Number(number)),
      );
      const ok =
        lost + duplicated === 0 &&
        letters.length === 1 &&
        letters[0]!.includes("a text") &&
        rows.length === 199;
      return { seen: `${rows.length} written, ${letters.length} in the dead letters`, lost, duplicated, ok };
    },
  },
  {
    number: 15,
    title: "413, 429 and 503 with Retry-After",
    expected: "413 splits; the others are left alone for as long as they asked; all there once",
    quick: true,
    needs: ["influxd"],
    run: (place) =>
      throughDoor(
        place,
        (write) => {
          if (write === 0) return { kind: "status", status: 429, retryAfter: 2 };
          if (write === 1) return { kind: "status", status: 503, retryAfter: 1 };
          return { kind: "atMost", lines: 40 };
        },
        ({ writes, state }) => {
          const [first, second] = [gap(writes, 0), gap(writes, 1)];
          const seen = `tried again after ${first} s and ${second} s, ${writes.length} writes`;
          return { seen, ok: first >= 2 && first < 4 && second >= 1 && second < 3 && state.refused === 0 };
        },
      ),
  },
  {
    number: 16,
    title: "connection cut after the write, before the answer, three times",
    expected: "written again, and there once",
    quick: true,
    needs: ["influxd"],
    run: (place) =>
      throughDoor(
        place,
        (write) => (write < 3 ? { kind: "cut" } : { kind: "open" }),
        ({ writes }) => ({ seen: `${writes.length} writes`, ok: writes.length > 3 }),
      ),
  },
  {
    number: 17,
    title: "damaged embedded store, six ways at rest, and overwritten while the gateway writes to it",
    expected:
      "moved aside, said, a new one begun; every message from then on is in it; InfluxDB misses none, before or after",
    needs: ["influxd"],
    async run(place) {
      const influx = await place.influx();
      const record = { influx: { version: "1", url: influx.url } };
      let lost = 0;
      let moved = 0;
      for (const [i, spoil] of DAMAGES.entries()) {
        const dataFolder = await place.subfolder(`house-${i}`);
        const root = `classroom/v1/north/${i}`;
        const first = await place.house({ folder: dataFolder, root, record });
        await first.send(0, 3_000);
        await first.drained();
        // The last is spoilt under the gateway's feet, which goes on with what it has in memory until it is closed.
        const inUse = i === DAMAGES.length - 1;
        if (!inUse) await first.close();
        await spoil(path.join(dataFolder, "store.duckdb"));
        if (inUse) await first.send(5_000, 5_100);
        if (inUse) await first.drained();
        await first.close();
        const again = await place.house({ folder: dataFolder, root, record });
        await again.send(3_000, 3_100);
        await again.drained();
        await again.close();
        const { rows } = await queryStore({ dataFolder, sql: "SELECT heads FROM focus WHERE heads >= 3000" });
        const inStore = rows.map(([heads]) => Number(heads));
        const there = await influx.query(`SELECT heads FROM focus WHERE room = '${i}'`);
        const sent = inUse ? [...upTo(3_100), ...upTo(100, 5_000)] : upTo(3_100);
        lost += tally(upTo(100, 3_000), inStore).lost;
        lost += tally(
          sent,
          there.map(({ heads }) => Number(heads)),
        ).lost;
        moved += (await readdir(dataFolder)).filter((name) => /\.damaged-.*Z$/.test(name)).length;
      }
      const seen = `${moved} of ${DAMAGES.length} moved aside`;
      return { seen, lost, duplicated: 0, ok: lost === 0 && moved === DAMAGES.length };
    },
  },
];

/** What a store's file can suffer. */
const DAMAGES: readonly ((file: string) => Promise<void>)[] = [
  (file) => rewrite(file, (bytes) => Buffer.alloc(bytes.length, "no database")),
  (file) => rewrite(file, (bytes) => bytes.subarray(0, bytes.length >> 1)),
  (file) => rewrite(file, () => Buffer.alloc(0)),
  (file) => rewrite(file, (bytes) => Buffer.alloc(bytes.length)),
  // A bit in the head, and one in a block that is only read when something is written.
  (file) => rewrite(file, (bytes) => flip(bytes, 100)),
  (file) => rewrite(file, (bytes) => flip(bytes, Math.floor(bytes.length * 0.9))),
  (file) => rewrite(file, (bytes) => Buffer.alloc(bytes.length, "in use")),
];

async function rewrite(file: string, change: (bytes: Buffer) => Buffer): Promise<void> {
  await writeFile(file, change(await readFile(file)));
}

function flip(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1;
  return bytes;
}

const gap = (writes: readonly number[], from = 0) =>
  Math.round((((writes[from + 1] ?? Number.NaN) - writes[from]!) / 1000) * 10) / 10;
