import { appendFile, cp, mkdir, readdir, readFile, truncate, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { crc32c } from "../../gateway/publish/spool/crc32c.ts";
import type { SpoolSettings } from "../../gateway/publish/spool/options.ts";
import { decodeRecords, encodeRecord } from "../../gateway/publish/spool/record.ts";
import { openSpool, type Spool } from "../../gateway/publish/spool/spool.ts";
import { MESSAGE_CLASSES, type Message, type MessageClass } from "../../gateway/terms.ts";
import { temporaryFolder } from "../support/places.ts";

const context = { log: createLogger("error"), clock: systemClock };
const quiet = { log: createLogger("error").child({}, { level: "silent" }), clock: systemClock };

const open = (folder: string, settings: Partial<SpoolSettings> = {}): Promise<Spool> =>
  openSpool({ folder, commitMilliseconds: 0, ...settings }, quiet);

const message = (payload: string, kind: MessageClass = "focus"): Message => ({
  topic: "classroom/v1/demo/room-1/focus",
  payload,
  retain: false,
  kind,
});

const payloads = async (spool: Spool, limit = 1_000_000): Promise<string[]> =>
  (await spool.take(limit)).map((entry) => entry.message.payload);

/** The files of one class, oldest first. */
async function segments(folder: string, kind: MessageClass = "focus"): Promise<string[]> {
  const names = (await readdir(path.join(folder, kind))).filter((name) => name.endsWith(".log")).sort();
  return names.map((name) => path.join(folder, kind, name));
}

test("CRC-32C gives the values of RFC 3720, B.4", () => {
  expect(crc32c(Buffer.alloc(32, 0))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e);
  expect(crc32c(Buffer.from(Array.from({ length: 32 }, (_, i) => 31 - i)))).toBe(0x113fdb5c);
  expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283);
});

const anyMessage = fc.record({
  topic: fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }),
  payload: fc.string({ unit: "grapheme", maxLength: 200 }),
  retain: fc.boolean(),
  kind: fc.constantFrom(...MESSAGE_CLASSES),
});

test("records come back as they were, and a flipped bit anywhere loses the record it is in and no other", () => {
  const entries = fc.array(anyMessage, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(entries, fc.nat(), (messages, where) => {
      const records = messages.map((message, i) => encodeRecord({ sequence: i + 1, message }));
      const bytes = Buffer.concat(records);
      const clean = decodeRecords(bytes);
      expect(clean.entries.map((entry) => entry.message)).toEqual(messages);
      expect(clean).toMatchObject({ damaged: [], end: bytes.length });

      const bit = where % (bytes.length * 8);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      const ends = records.map((_, i) => Buffer.concat(records.slice(0, i + 1)).length);
      const hit = ends.findIndex((end) => end > bit >> 3);
      const kept = decodeRecords(bytes).entries.map((entry) => entry.sequence);
      expect(kept).toEqual(messages.map((_, i) => i + 1).filter((sequence) => sequence !== hit + 1));
    }),
    { numRuns: 300 },
  );
});

test("messages of all classes come out in the order they went in, once, and are gone when acknowledged", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  const kinds: MessageClass[] = ["health", "focus", "environment", "event", "focus", "health"];
  const sequences = await Promise.all(kinds.map((kind, i) => spool.append(message(String(i), kind))));
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
  expect(spool.depth()).toBe(6);
  expect(await payloads(spool, 4)).toEqual(["0", "1", "2", "3"]);
  expect(await payloads(spool, 4)).toEqual(["4", "5"]);
  spool.acknowledge(sequences[2]!);
  expect(spool.depth()).toBe(3);
  spool.rewind();
  expect(await payloads(spool)).toEqual(["3", "4", "5"]);
  spool.acknowledge(sequences[5]!);
  await spool.close();
  await spool.close();
  for (const kind of MESSAGE_CLASSES) expect(await segments(folder, kind)).toEqual([]);

  const next = await open(folder);
  expect(next.depth()).toBe(0);
  expect(await next.append(message("later"))).toBeGreaterThan(sequences[5]!);
  await next.close();
});

test("any course of appending, taking, acknowledging and crashing loses nothing taken in, and keeps order", async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant("append" as const), kind: fc.constantFrom(...MESSAGE_CLASSES) }),
    fc.record({ do: fc.constant("take" as const), limit: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ do: fc.constant("acknowledge" as const) }),
    fc.record({ do: fc.constant("rewind" as const) }),
    fc.record({ do: fc.constant("crash" as const) }),
    fc.record({ do: fc.constant("close" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let folder = await temporaryFolder();
      const abandoned: Spool[] = [];
      let spool = await open(folder, { segmentBytes: 300 });
      const appended = new Map<string, number>();
      let taken: number[] = [];
      let acknowledged = 0;
      /** Of that, what this run of the spool was told: one before a crash may not have got round to keeping it. */
      let told = 0;
      let saved = 0;
      for (const one of steps) {
        if (one.do === "append") {
          const name = `m${appended.size}`;
          appended.set(name, await spool.append(message(name, one.kind)));
        } else if (one.do === "take") {
          taken.push(...(await spool.take(one.limit)).map(({ sequence }) => sequence));
        } else if (one.do === "acknowledge" && taken.length > 0) {
          acknowledged = Math.max(acknowledged, taken.at(-1)!);
          spool.acknowledge(acknowledged);
          told = acknowledged;
          taken = [];
        } else if (one.do === "rewind") {
          spool.rewind();
          taken = [];
        } else if (one.do === "crash" || one.do === "close") {
          if (one.do === "close") {
            await spool.close();
            saved = Math.max(saved, told);
          } else {
            // A crash leaves the files as they are at this moment, whatever the old run would have done next.
            const found = folder;
            folder = path.join(await temporaryFolder(), "spool");
            await cp(found, folder, { recursive: true });
            abandoned.push(spool);
          }
          spool = await open(folder, { segmentBytes: 300 });
          told = 0;
          taken = [];
        }
      }
      spool.rewind();
      const left = await spool.take(10_000);
      const sequences = left.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
      for (const [name, sequence] of appended) {
        if (sequence > acknowledged) expect(left.map((entry) => entry.message.payload)).toContain(name);
      }
      for (const sequence of sequences) expect(sequence).toBeGreaterThan(saved);
      await spool.close();
      for (const old of abandoned) await old.close();
    }),
    { numRuns: 60 },
  );
});

test("a torn last record is cut off, and the whole ones before it are kept", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  for (const text of ["one", "two", "three"]) await spool.append(message(text));
  await spool.close();
  const [file] = await segments(folder);
  await truncate(file!, (await readFile(file!)).length - 5);
  const again = await open(folder);
  expect(await payloads(again)).toEqual(["one", "two"]);
  expect(again.counts()).toMatchObject({ torn: 1, damaged: 0 });
  await again.close();
});

test("a flipped bit in the middle is set aside and counted, and the others are delivered", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  for (const text of ["one", "two", "three"]) await spool.append(message(text));
  await spool.close();
  const [file] = await segments(folder);
  const bytes = await readFile(file!);
  bytes[bytes.indexOf("two")]! ^= 0x10;
  await writeFile(file!, bytes);
  const again = await open(folder);
  expect(again.depth()).toBe(2);
  expect(await payloads(again)).toEqual(["one", "three"]);
  expect(again.counts()).toMatchObject({ damaged: 1, torn: 0 });
  await again.close();
  const [kept] = await readdir(path.join(folder, "quarantine"));
  expect((await readFile(path.join(folder, "quarantine", kept!))).includes("classroom/v1")).toBe(true);
  const third = await open(folder); // counted once, not at every start
  expect(third.counts().damaged).toBe(0);
  await third.close();
});

test("empty, zero-filled and garbage segments are no reason to stop, nor is a cursor of garbage", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  const first = await spool.append(message("delivered"));
  await spool.append(message("waiting"));
  await spool.take(1);
  spool.acknowledge(first);
  await spool.close();
  await mkdir(path.join(folder, "event"), { recursive: true });
  await writeFile(path.join(folder, "event", "0000000000000090.log"), "");
  await writeFile(path.join(folder, "event", "0000000000000091.log"), Buffer.alloc(5000));
  await writeFile(path.join(folder, "event", "0000000000000092.log"), Buffer.alloc(5000, 0x5a));
  const again = await open(folder);
  expect(await payloads(again)).toEqual(["waiting"]);
  expect(await again.append(message("new"))).toBeGreaterThan(92);
  await again.close();

  await writeFile(path.join(folder, "cursor"), "no cursor at all");
  const third = await open(folder);
  expect((await payloads(third)).slice(-2)).toEqual(["waiting", "new"]);
  await third.close();
});

test("a cursor whose last write was torn falls back to the one before", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  const sequences = await Promise.all(["a", "b", "c"].map((text) => spool.append(message(text))));
  await spool.take(1);
  spool.acknowledge(sequences[0]!);
  await spool.close();
  const second = await open(folder);
  await second.take(1);
  second.acknowledge(sequences[1]!);
  await second.close();
  const cursor = await readFile(path.join(folder, "cursor"));
  const newest = [0, 4096].find((at) => cursor.readBigUInt64LE(at + 4) === BigInt(sequences[1]!))!;
  cursor[newest]! ^= 1;
  await writeFile(path.join(folder, "cursor"), cursor);
  const third = await open(folder);
  expect(await payloads(third)).toEqual(["b", "c"]);
  await third.close();
});

test("what was acknowledged a moment before a crash comes once more, and what was settled long before does not", async () => {
  const folder = path.join(await temporaryFolder(), "spool");
  let wakeUps: (() => void)[] = [];
  const sleep = () => new Promise<void>((resolve) => void wakeUps.push(resolve));
  /** Lets everybody who sleeps wake up, and what they then do come to its end. */
  async function pass(): Promise<void> {
    const sleepers = wakeUps;
    wakeUps = [];
    for (const wakeUp of sleepers) wakeUp();
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  const spool = await openSpool({ folder }, { ...quiet, clock: { ...systemClock, sleep } });
  const crashed = async () => {
    const copy = path.join(await temporaryFolder(), "spool");
    await cp(folder, copy, { recursive: true });
    const next = await open(copy);
    const left = await payloads(next);
    await next.close();
    return left;
  };
  async function deliver(text: string): Promise<void> {
    const sequence = spool.append(message(text));
    await pass();
    await spool.take(1);
    spool.acknowledge(await sequence);
  }
  await deliver("old");
  await deliver("new");
  expect(await crashed()).toEqual(["old", "new"]);
  await pass();
  expect(await crashed()).toEqual(["new"]);
  await pass();
  expect(await crashed()).toEqual([]);
  const closed = spool.close();
  await pass();
  await closed;
});

test("where the allotted disk ends, the oldest of the least important goes first, and is counted", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder, { maximumMegabytes: 1 });
  const long = "x".repeat(1000);
  const fill = (kind: MessageClass, count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => spool.append(message(`${kind} ${i} ${long}`, kind))));
  await fill("health", 400);
  await fill("environment", 400);
  await fill("focus", 600);
  expect(spool.bytes()).toBeLessThanOrEqual(1_000_000);
  const { dropped } = spool.counts();
  expect(dropped).toMatchObject({ focus: 0, event: 0, health: 400 });
  expect(dropped.environment).toBeGreaterThan(0);

  const left = await payloads(spool);
  expect(left.length).toBe(1400 - dropped.health - dropped.environment);
  expect(left.filter((text) => text.startsWith("focus"))).toHaveLength(600);
  expect(left.find((text) => text.startsWith("environment"))).toMatch(`environment ${dropped.environment} `);

  await fill("focus", 400); // pushes the environment out altogether
  const refused = await fill("health", 100).catch((error) => error);
  expect(refused).toMatchObject({ code: "SPOOL_OVERFLOW" });
  expect(spool.counts().dropped.focus).toBeLessThan(200);
  await spool.close();
});

test("what is damaged after the start is skipped, and the rest still comes", async () => {
  const folder = await temporaryFolder();
  const spool = await open(folder);
  for (const text of ["one", "two", "three"]) await spool.append(message(text));
  const [file] = await segments(folder);
  const bytes = await readFile(file!);
  bytes[bytes.indexOf("two")]! ^= 1;
  await writeFile(file!, bytes);
  expect(await payloads(spool)).toEqual(["one", "three"]);
  expect(spool.counts().damaged).toBe(1);
  await spool.close();
});

test("a message too long to be one is refused, and leaves the others in peace", async () => {
  const spool = await open(await temporaryFolder());
  const huge = spool.append(message("x".repeat(2_000_000)));
  await expect(huge).rejects.toMatchObject({ code: "INTERNAL" });
  await spool.append(message("small"));
  expect(await payloads(spool)).toEqual(["small"]);
  await spool.close();
  await expect(spool.append(message("late"))).rejects.toMatchObject({ code: "INTERNAL" });
});

test("a folder that cannot be written says so", async () => {
  const file = path.join(await temporaryFolder(), "a-file");
  await appendFile(file, "");
  await expect(openSpool({ folder: file }, context)).rejects.toMatchObject({ code: "SPOOL_UNWRITABLE" });
});
