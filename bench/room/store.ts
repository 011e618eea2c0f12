import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { keepOptions } from "../../gateway/record/keep.ts";
import { toPoint } from "../../gateway/record/points.ts";
import type { Point } from "../../gateway/record/sink.ts";
import { openEmbedded } from "../../gateway/record/sinks/embedded.ts";
import { roomMessages } from "../sizes/room.ts";

/**
 * What a room says in a day, written into the embedded store as quickly as it goes, a write for each message and upkeep
 * every hour: whether the memory of the process, which does nothing else, has an end. Linux only: proc(5).
 */
const { values } = parseArgs({
  options: {
    hours: { type: "string", default: "24" },
    /** Written together. A room's messages come one by one; with many of them years are written in minutes. */
    atOnce: { type: "string", default: "1" },
    /** From one line that is printed to the next. */
    everyHours: { type: "string", default: "2" },
  },
});
const hours = Number(values.hours);
const HOUR_MS = 3_600_000;

const folder = await mkdtemp(path.join(tmpdir(), "focus-gateway-store-"));
const store = await openEmbedded(folder);
const began = Date.now() - hours * HOUR_MS;
const keep = keepOptions.parse({});
let batch: Point[] = [];
let hour = 0;
let told = 0;
let slowest = 0;
await tell();
for (const { topic, payload } of roomMessages(began, hours * 3600)) {
  const heard = toPoint(`classroom/v1/bench/r1/${topic}`, Buffer.from(payload));
  if (heard === "ignored" || "refused" in heard) throw new Error(`${topic} is not recorded`);
  batch.push(heard.point);
  if (batch.length < Number(values.atOnce)) continue;
  const before = performance.now();
  await store.write(batch);
  slowest = Math.max(slowest, performance.now() - before);
  batch = [];
  const now = Math.floor((heard.point.time - began) / HOUR_MS);
  if (now === hour) continue;
  hour = now;
  await store.keepUp(keep, heard.point.time);
  if (hour - told >= Number(values.everyHours)) await tell();
}
await store.write(batch);
hour = hours;
await tell();
await store.close();
await rm(folder, { recursive: true, force: true });

/** Its own memory: what is not mapped from files. */
async function tell(): Promise<void> {
  const status = await readFile("/proc/self/status", "utf8");
  const own = Number(/^RssAnon:\s+(\d+)/m.exec(status)![1]) / 1024;
  process.stdout.write(`${hour} h: ${own.toFixed(0)} MB; the slowest write took ${slowest.toFixed(0)} ms\n`);
  slowest = 0;
  told = hour;
}
