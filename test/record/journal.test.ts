import { appendFile, readdir, readFile, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { type Journal, openJournal } from "../../gateway/record/journal.ts";
import { temporaryFolder } from "../support/places.ts";

async function open(folder: string, options: { segmentBytes?: number; capacityBytes?: number } = {}) {
  const dropped: { records: number; end: number }[] = [];
  const problems: unknown[] = [];
  let appended = 0;
  const journal = await openJournal<string>({
    folder,
    segmentBytes: options.segmentBytes ?? 1000,
    capacityBytes: options.capacityBytes ?? 1e9,
    onOverflow: (one) => dropped.push(one),
    onAppended(records) {
      appended += records;
    },
    onProblem: (problem) => void problems.push(problem),
    clock,
  });
  onTestFinished(() => journal.close());
  return { journal, dropped, problems, appended: () => appended };
}

async function readAll(journal: Journal<string>, from = journal.start, batch = 7): Promise<string[]> {
  const all: string[] = [];
  for (let position = from; position < journal.end; ) {
    const { values, next } = await journal.read(position, journal.end, batch);
    expect(next).toBeGreaterThan(position);
    all.push(...values);
    position = next;
  }
  return all;
}

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `record ${i}`);

describe("the journal", () => {
  it("gives back what it took, in order, across segments and restarts", async () => {
    const folder = await temporaryFolder();
    const { journal } = await open(folder);
    for (const record of numbered(200)) await journal.append(record);
    expect(await readAll(journal)).toEqual(numbered(200));
    expect(await journal.count(journal.start, journal.end)).toBe(200);
    await journal.close();
    expect((await readdir(folder)).length).toBeGreaterThan(3);
    const again = (await open(folder)).journal;
    await again.append("after the restart");
    expect(await readAll(again)).toEqual([...numbered(200), "after the restart"]);
  });

  it("syncs together what comes together", async () => {
    const { journal, appended } = await open(await temporaryFolder());
    const written = numbered(500).map((record) => journal.append(record));
    expect(new Set(written).size).toBeLessThan(5);
    await Promise.all(written);
    expect(appended()).toBe(500);
    expect(await readAll(journal)).toEqual(numbered(500));
  });

  it("reads the same from memory and from disk, wherever it begins", async () => {
    const folder = await temporaryFolder();
    const { journal } = await open(folder, { segmentBytes: 100_000 });
    const all = numbered(20_000);
    for (let at = 0; at < all.length; at += 500)
      await Promise.all(all.slice(at, at + 500).map((record) => journal.append(record)));
    const fresh = await readAll(journal, journal.start, 1_500);
    expect(fresh).toEqual(all);
    await journal.close();
    expect(await readAll((await open(folder)).journal, 0, 1_500)).toEqual(fresh);
  });

  it("cuts off a last record that was written in part", async () => {
    const folder = await temporaryFolder();
    const { journal } = await open(folder);
    for (const record of numbered(3)) await journal.append(record);
    await journal.close();
    await appendFile(path.join(folder, (await readdir(folder)).at(-1)!), "0badc0de {half a rec");
    const again = (await open(folder)).journal;
    await again.append("next");
    expect(await readAll(again)).toEqual([...numbered(3), "next"]);
    expect(again.damaged).toBe(0);
  });

  it("skips and counts a record with a flipped bit, and a tail of zeros", async () => {
    const folder = await temporaryFolder();
    const { journal } = await open(folder);
    for (const record of numbered(5)) await journal.append(record);
    await journal.close();
    const file = path.join(folder, (await readdir(folder))[0]!);
    const bytes = await readFile(file);
    const at = bytes.indexOf("record 2") + 7;
    bytes[at] = bytes[at]! ^ 1;
    await writeFile(file, Buffer.concat([bytes, Buffer.alloc(100)]));
    const again = (await open(folder)).journal;
    expect(await readAll(again)).toEqual(numbered(5).filter((record) => record !== "record 2"));
    expect(again.damaged).toBe(1);
  });

  it("forgets whole segments, never the one in use", async () => {
    const folder = await temporaryFolder();
    const { journal } = await open(folder);
    for (const record of numbered(200)) await journal.append(record);
    const { next } = await journal.read(journal.start, journal.end, 30);
    await journal.forget(next);
    expect(journal.start).toBeLessThanOrEqual(next);
    expect(await readAll(journal, next)).toEqual(numbered(200).slice(30));
    await journal.forget(journal.end);
    expect(await readdir(folder)).toHaveLength(1);
    await journal.append("more");
    expect((await readAll(journal)).at(-1)).toBe("more");
  });

  it("drops the oldest beyond its capacity, and says how many", async () => {
    const folder = await temporaryFolder();
    const { journal, dropped } = await open(folder, { capacityBytes: 3000 });
    for (const record of numbered(500)) await journal.append(record);
    const left = await readAll(journal);
    const gone = dropped.reduce((sum, { records }) => sum + records, 0);
    expect(left).toEqual(numbered(500).slice(gone));
    expect(gone).toBeGreaterThan(0);
    const sizes = await Promise.all((await readdir(folder)).map((name) => stat(path.join(folder, name))));
    expect(sizes.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(4100);
  });

  it("keeps any text, line's ends and all", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 20 }), async (records) => {
        const { journal } = await open(await temporaryFolder());
        await Promise.all(records.map((record) => journal.append(record)));
        expect(await readAll(journal)).toEqual(records);
        await journal.close();
      }),
      { numRuns: 30 },
    );
  });
});
