import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { withPlace } from "./place.ts";

/**
 * Many hours of a room in a few minutes: whether memory, open files and what lies in the data folder stay level. A room
 * brings a window every 10 seconds; at 500 a second an hour takes three quarters of a second.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    perSecond: { type: "string", default: "500" },
    "no-store": { type: "boolean", default: false },
  },
});
const minutes = Number(values.minutes);
const perSecond = Number(values.perSecond);
const SAMPLE_SECONDS = 10;

interface Sample {
  readonly seconds: number;
  readonly memoryMb: number;
  /** What JavaScript has in use after cleaning up, and its buffers. */
  readonly heapMb: number;
  readonly externalMb: number;
  readonly openFiles: number;
  /** In spool and journal; the store is meant to grow. */
  readonly files: number;
  readonly megabytes: number;
  readonly storeMb: number;
}

const level = await withPlace(async (place) => {
  const influx = await place.influx();
  const folder = await place.subfolder("gateway");
  const child = await place.child({
    folder,
    record: { embedded: !values["no-store"], influx: { version: "1", url: influx.url } },
    send: { from: 0, count: Number.MAX_SAFE_INTEGER, atOnce: 50, perSecond },
    cleanUp: true,
  });
  const samples: Sample[] = [];
  const began = performance.now();
  while (performance.now() - began < minutes * 60_000) {
    await sleep(SAMPLE_SECONDS * 1000);
    child.taken.splice(0, child.taken.length - 1);
    const waiting = await Promise.all(["spool", "journal"].map((name) => weigh(path.join(folder, name))));
    const { rss, heapUsed, external } = child.status()!;
    const sample: Sample = {
      seconds: Math.round((performance.now() - began) / 1000),
      memoryMb: megabytes(rss),
      heapMb: megabytes(heapUsed),
      externalMb: megabytes(external),
      openFiles: (await readdir(`/proc/${child.process.pid}/fd`)).length,
      files: waiting.reduce((sum, { files }) => sum + files, 0),
      megabytes: megabytes(waiting.reduce((sum, { bytes }) => sum + bytes, 0)),
      storeMb: megabytes((await stat(path.join(folder, "store.duckdb")).catch(() => null))?.size ?? 0),
    };
    samples.push(sample);
    process.stdout.write(`${JSON.stringify({ ...sample, taken: child.taken.at(-1) })}\n`);
  }
  return judge(samples);
});
process.exit(level ? 0 : 1);

/** The last third against the middle one; the first warms up. */
function judge(samples: readonly Sample[]): boolean {
  const third = Math.floor(samples.length / 3);
  const mean = (name: keyof Sample, from: number, to: number) =>
    samples.slice(from, to).reduce((sum, sample) => sum + sample[name], 0) / Math.max(1, to - from);
  let all = true;
  for (const name of ["memoryMb", "heapMb", "externalMb", "openFiles", "files", "megabytes"] as const) {
    const [middle, last] = [mean(name, third, 2 * third), mean(name, 2 * third, samples.length)];
    const ok = last <= middle * 1.1 + 2;
    all &&= ok;
    process.stdout.write(`${ok ? "level" : "GROWS"} ${name}: ${middle.toFixed(1)} → ${last.toFixed(1)}\n`);
  }
  return all;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e5) / 10;
}

async function weigh(folder: string): Promise<{ files: number; bytes: number }> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = await Promise.all(names.map((name) => stat(path.join(folder, name)).catch(() => null)));
  const files = found.filter((one) => one?.isFile());
  return { files: files.length, bytes: files.reduce((sum, one) => sum + one!.size, 0) };
}
