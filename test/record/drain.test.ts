import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { createLogger } from "../../gateway/log.ts";
import { deadLetters } from "../../gateway/record/deadLetters.ts";
import { type Drain, openDrain } from "../../gateway/record/drain.ts";
import { openJournal } from "../../gateway/record/journal.ts";
import type { Point, SinkSource } from "../../gateway/record/sink.ts";
import type { Clock } from "../../gateway/terms.ts";
import { temporaryFolder } from "../support/places.ts";
import { until } from "../support/programs.ts";
import { moody } from "./moody.ts";

const point = (time: number): Point => ({
  measurement: "environment",
  tags: { site: "s", room: "r", device: "d", quantity: "q" },
  fields: { value: time },
  time,
});

/** The system's clock, but that waiting takes no longer than a moment; what was asked for is kept. */
function hastyClock() {
  const asked: number[] = [];
  const clock: Clock = {
    ...systemClock,
    sleep(ms, signal) {
      asked.push(ms);
      return systemClock.sleep(Math.min(ms, 20), signal);
    },
  };
  return { clock, asked };
}

async function setUp(
  source: SinkSource,
  options: { capacityBytes?: number; clock?: Clock; folder?: string } = {},
) {
  const folder = options.folder ?? (await temporaryFolder());
  const clock = options.clock ?? hastyClock().clock;
  const drains: Drain[] = [];
  const journal = await openJournal<Point>({
    folder,
    segmentBytes: 4096,
    capacityBytes: options.capacityBytes ?? 1e9,
    clock,
    onProblem(problem) {
      throw problem;
    },
    onAppended(records) {
      for (const drain of drains) drain.wake(records);
    },
    onOverflow(dropped) {
      for (const drain of drains) drain.overflowed(dropped);
    },
  });
  const keep = async (from: number, to: number) => {
    const times = Array.from({ length: to - from }, (_, i) => from + i);
    await Promise.all(times.map((time) => journal.append(point(time))));
  };
  const start = async () => {
    const drain = await openDrain(source, {
      journal,
      cursorFile: path.join(folder, "sink.cursor.json"),
      deadLetters: deadLetters(path.join(folder, "dead-letters.jsonl"), clock),
      log: createLogger("error", false),
      clock,
      onProgress: () => {},
    });
    drains.push(drain);
    return drain;
  };
  onTestFinished(async () => {
    for (const drain of drains) await drain.close();
    await journal.close();
  });
  return { folder, journal, keep, start };
}

const times = (took: Point[][]) => took.flat().map(({ time }) => time);
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

describe("a drain", () => {
  it("brings what comes live before the backlog, and the backlog in order", async () => {
    const { place, source } = moody("sink");
    place.up = false;
    const { keep, start } = await setUp(source);
    const drain = await start();
    await keep(0, 20_000);
    await until(() => (drain.state().ok ? undefined : true));
    place.milliseconds = 60;
    place.up = true;
    await until(() => (drain.state().ok ? true : undefined));
    await keep(20_000, 20_010);
    await until(() => (drain.state().backlog === 0 ? true : undefined));
    const all = times(place.took);
    expect(all.indexOf(20_009)).toBeLessThan(all.indexOf(19_000));
    expect(all.filter((time) => time < 20_000)).toEqual(numbers(0, 20_000));
    expect(all.filter((time) => time >= 20_000)).toEqual(numbers(20_000, 20_010));
  });

  it("falls ill in the middle of its backlog, again and again, and still gets everything", async () => {
    const { place, source } = moody("sink");
    place.up = false;
    const { keep, start } = await setUp(source);
    const drain = await start();
    await keep(0, 3000);
    for (let round = 0; round < 4; round += 1) {
      place.up = true;
      const before = place.took.length;
      await until(() => (place.took.length > before ? true : undefined));
      place.up = false;
      await keep(3000 + round * 100, 3100 + round * 100);
      await until(() => (drain.state().ok ? undefined : true));
    }
    place.up = true;
    await until(() => (drain.state().backlog === 0 ? true : undefined));
    expect([...new Set(times(place.took))].sort((a, b) => a - b)).toEqual(numbers(0, 3400));
  });

  it("goes on where it was after a restart, and starts over when its cursor is garbage", async () => {
    const { place, source } = moody("sink");
    const { folder, keep, start } = await setUp(source);
    await keep(0, 1000);
    const first = await start();
    await until(() => (place.took.flat().length === 1000 ? true : undefined));
    await first.close();
    await keep(1000, 1100);
    const second = await start();
    await until(() => (place.took.flat().length === 1100 ? true : undefined));
    await second.close();
    expect(times(place.took)).toEqual(numbers(0, 1100));
    for (const garbage of [
      "",
      "{",
      '{"live":-1,"backlog":null}',
      '{"live":1e15,"backlog":null}',
      "\0\0\0\0",
    ]) {
      place.took.length = 0;
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, "sink.cursor.json"), garbage);
      const again = await start();
      await until(() => (place.took.flat().length === 1100 ? true : undefined));
      await again.close();
    }
  });

  it("waits longer each time, up to half a minute, or as long as it is asked to", async () => {
    const { clock, asked } = hastyClock();
    let wish: number | undefined;
    const source: SinkSource = {
      name: "busy",
      open: async () => {
        throw Object.assign(new Error("busy"), { retryAfterMs: wish });
      },
    };
    const { start } = await setUp(source, { clock });
    await start();
    await until(() => (asked.length >= 10 ? true : undefined));
    expect(asked[0]).toBeLessThanOrEqual(500);
    expect(asked[1]).toBeGreaterThanOrEqual(500);
    expect(Math.max(...asked)).toBeLessThanOrEqual(30_000);
    expect(asked[9]).toBeGreaterThanOrEqual(15_000);
    wish = 7000;
    await until(() => (asked.at(-1) === 7000 ? true : undefined));
  });

  it("counts what went out of a full journal before the sink could have it", async () => {
    const { place, source } = moody("sink");
    place.up = false;
    const { journal, keep, start } = await setUp(source, { capacityBytes: 50_000 });
    const drain = await start();
    for (let i = 0; i < 2000; i += 20) await keep(i, i + 20);
    expect(journal.end - journal.start).toBeLessThan(60_000);
    place.up = true;
    await until(() => (drain.state().backlog === 0 && place.took.length > 0 ? true : undefined));
    const { lost } = drain.state();
    expect(lost).toBeGreaterThan(1000);
    expect(times(place.took)).toEqual(numbers(lost, 2000));
  });

  it("closes within seconds though the sink hangs, and leaves the rest for the next start", async () => {
    let release = () => {};
    const hanging: SinkSource = {
      name: "sink",
      open: async () => ({
        name: "sink",
        write: () => new Promise((_, reject) => (release = () => reject(new Error("cut off")))),
        close: async () => release(),
      }),
    };
    const { keep, start } = await setUp(hanging);
    const drain = await start();
    await keep(0, 10);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await drain.close();
    expect(drain.state()).toMatchObject({ backlog: 10, written: 0 });
  });
});
