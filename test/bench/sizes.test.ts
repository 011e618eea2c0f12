import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { PER_SECOND, roomMessages } from "../../bench/sizes/room.ts";
import { packageRoot } from "../../gateway/paths.ts";

const TOPIC = "classroom/v1/riverside/room-12/";
const HOUR = 3600;

/** As InfluxDB packed them when `npm run bench:sizes` was run; the page says the same. */
const DISK_BYTES_A_POINT = 249;
const SECONDS_A_YEAR = 365 * 86_400;

const page = await readFile(path.join(packageRoot, "docs", "scaling.md"), "utf8");
const messages = [...roomMessages(Date.UTC(2026, 10, 16), HOUR)];
const bytes = messages.reduce(
  (sum, { topic, payload }) => sum + 7 + TOPIC.length + topic.length + Buffer.byteLength(payload),
  0,
);
const bytesAMessage = bytes / messages.length;

it("says in docs/scaling.md how many messages a room sends, and how large they are", () => {
  expect(messages.length / HOUR).toBeCloseTo(PER_SECOND, 3);
  const [, perSecond, size] = /\*\*([\d.]+) messages a second of (\d+) bytes\*\*/.exec(page)!;
  expect(Number(perSecond)).toBeCloseTo(PER_SECOND, 3);
  // A field more is no reason to measure anew; a tenth more is.
  expect(Math.abs(Number(size) / bytesAMessage - 1)).toBeLessThan(0.1);
  expect(page).toContain(`**${DISK_BYTES_A_POINT} bytes a\nrow**`);
});

it("has a sizing table that follows from them", () => {
  const table = page.split("<!-- sizes -->")[1]!.split("<!-- /sizes -->")[0]!;
  const rows = table
    .trim()
    .split("\n")
    .slice(2)
    .map((row) =>
      row
        .split("|")
        .slice(1, 6)
        .map((cell) => Number(/[\d.,]+/.exec(cell)![0].replaceAll(",", ""))),
    );
  expect(rows.map(([rooms]) => rooms)).toEqual([1, 30, 200, 1000, 10_000]);
  for (const [rooms, perSecond, kilobytes, points, gigabytes] of rows as [
    number,
    number,
    number,
    number,
    number,
  ][]) {
    const expected = rooms * PER_SECOND;
    const near = (value: number, truth: number) => Math.abs(value - truth) <= Math.max(0.1 * truth, 0.06);
    expect(near(perSecond, expected), `${rooms} rooms, messages`).toBe(true);
    expect(points).toBe(perSecond);
    expect(near(kilobytes, (expected * bytesAMessage) / 1000), `${rooms} rooms, wire`).toBe(true);
    expect(
      near(gigabytes, (expected * SECONDS_A_YEAR * DISK_BYTES_A_POINT) / 1e9),
      `${rooms} rooms, disk`,
    ).toBe(true);
  }
});
