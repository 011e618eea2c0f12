import { rm } from "node:fs/promises";
import path from "node:path";
import type { Point, Sink } from "../../gateway/record/sink.ts";
import { openSink } from "../../gateway/record/sinks/index.ts";
import { hasInflux, startInflux } from "../../test/support/influxd.ts";

/** How many points a second a sink makes safe, in batches as the recorder's. */
async function pointsPerSecond(sink: Sink, points: number): Promise<number> {
  const BATCH = 5_000;
  await sink.write(someFocus(0, 100));
  const began = performance.now();
  for (let first = 100; first < points; first += BATCH) {
    const refused = await sink.write(someFocus(first, Math.min(BATCH, points - first)));
    if (refused.length > 0) throw new Error(`${sink.name} refused points: ${refused[0]!.why}`);
  }
  return (points - 100) / ((performance.now() - began) / 1000);
}

/** Windows of a room, one a second. */
function someFocus(first: number, count: number): Point[] {
  return Array.from({ length: count }, (_, index) => ({
    measurement: "focus",
    tags: { site: "bench", room: "room", activity: "lecture", model: "m@0", provider: "cpu:int8" },
    fields: {
      ...{
        focus: ((first + index) % 100) / 100,
        low: 0.4,
        high: 0.9,
        coverage: 0.95,
        heads: 24,
        expected: 24,
      },
      ...{ targets_board: 0.5, targets_desk: 0.2, targets_screen: 0.1, targets_peer: 0.1, targets_away: 0.1 },
      ...{ shifts_per_min: 3.2, synchrony: 0.4, window_s: 1, lesson: "Maths", quality: "ok" },
    },
    time: Date.UTC(2026, 10, 23) + (first + index) * 1000,
  }));
}

export interface Stores {
  readonly embedded: number;
  /** Null where no influxd is installed. */
  readonly influx: number | null;
}

export async function measureStores(points: number, folder: string): Promise<Stores> {
  const dataFolder = path.join(folder, "store");
  const store = await openSink({ sink: "embedded", dataFolder });
  const embedded = await pointsPerSecond(store, points);
  await store.close();
  await rm(dataFolder, { recursive: true });
  if (!hasInflux) return { embedded, influx: null };
  const server = await startInflux();
  try {
    const sink = await openSink({
      sink: "influx",
      server: { version: "1", url: server.url, database: server.database },
    });
    const influx = await pointsPerSecond(sink, points);
    await sink.close();
    return { embedded, influx };
  } finally {
    await server.stop();
  }
}
