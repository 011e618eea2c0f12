import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { toPoint } from "../../gateway/record/points.ts";
import { toLine } from "../../gateway/record/sinks/influx.ts";
import { startInflux } from "../../test/support/influxd.ts";
import { PER_SECOND, roomMessages } from "./room.ts";

/**
 * `npm run bench:sizes`: how large what a room sends is, on the wire and in a real InfluxDB 1.x once that has packed it.
 * docs/scaling.md is worked out from what this prints.
 */
const DAYS = 7;
const SECONDS = DAYS * 86_400;
const START = Date.UTC(2026, 10, 16);
const TOPIC = "classroom/v1/riverside/room-12/";

// InfluxDB packs what has not been written to for a while; here at once (docs.influxdata.com/influxdb/v1/administration/config).
process.env.INFLUXDB_DATA_CACHE_SNAPSHOT_WRITE_COLD_DURATION = "1s";
process.env.INFLUXDB_DATA_COMPACT_FULL_WRITE_COLD_DURATION = "2s";
const SETTLED_SECONDS = 10;

const folder = await mkdtemp(path.join(tmpdir(), "focus-sizes-"));
try {
  const influx = await startInflux({ folder });
  const { messages, bytes, disk } = await measure(influx.url).finally(() => influx.stop());
  const table = {
    messagesPerSecond: PER_SECOND.toFixed(3),
    bytesPerMessage: Math.round(bytes / messages),
    pointsADay: Math.round(messages / DAYS),
    diskBytesPerPoint: Math.round(disk / messages),
  };
  process.stdout.write(`${JSON.stringify(table, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Writes a week of a room into the database and waits until that has packed it. */
async function measure(url: string) {
  let messages = 0;
  let bytes = 0;
  let lines: string[] = [];
  const write = async () => {
    const answer = await fetch(`${url}/write?db=focus&precision=ms`, {
      method: "POST",
      body: lines.join("\n"),
    });
    if (!answer.ok) throw new Error(await answer.text());
    lines = [];
  };
  for (const { topic, payload } of roomMessages(START, SECONDS)) {
    messages++;
    // MQTT 3.1.1: a byte of type, two of length, two of the topic's length, two of the packet id [MQTT-3.3].
    bytes += 7 + TOPIC.length + topic.length + Buffer.byteLength(payload);
    const heard = toPoint(TOPIC + topic, Buffer.from(payload));
    if (heard === "ignored" || "refused" in heard)
      throw new Error(`${topic} is not recorded: ${JSON.stringify(heard)}`);
    lines.push(toLine(heard.point));
    if (lines.length === 5000) await write();
  }
  await write();
  const size = async () =>
    (await sizeOf(path.join(folder, "data"))) + (await sizeOf(path.join(folder, "wal")));
  let disk = await size();
  for (let still = 0; still < SETTLED_SECONDS; still++) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await size();
    if (now !== disk) still = 0;
    disk = now;
  }
  return { messages, bytes, disk };
}

async function sizeOf(place: string): Promise<number> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(path.join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
