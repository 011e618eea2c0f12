import { readFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Disturbance } from "../../bench/room/disturb.ts";
import type { Sample } from "../../bench/room/sample.ts";
import { type Point, slope } from "../../bench/room/slope.ts";
import { summarise } from "../../bench/room/summary.ts";
import { report } from "../../bench/room/table.ts";
import { packageRoot } from "../../gateway/paths.ts";

const HOUR = 3600;

/** An hour of samples, every ten seconds, of a gateway whose memory is as given. */
function hourOf(rssMb: (seconds: number) => number, pid = 7, hours = 1): Sample[] {
  return Array.from({ length: (hours * HOUR) / 10 }, (_, index): Sample => {
    const seconds = (index + 1) * 10;
    const memory = { rssMb: rssMb(seconds), ownMb: rssMb(seconds) / 2 };
    return {
      seconds,
      processes: [{ part: "gateway", pid, ...memory, openFiles: 40, threads: 12 }],
      ...{ files: 30, megabytes: 20, windows: { ok: index + 1 }, missing: 0, readings: {}, health: null },
    };
  });
}

const summaryOf = (samples: readonly Sample[], disturbances: readonly Disturbance[] = []) =>
  summarise({
    began: "2026-11-23T19:46:20Z",
    node: "v20",
    cores: 2,
    samples,
    disturbances,
    warmUpMinutes: 10,
  });

const away = { what: "a camera is away", at: 1200, ended: 1300, said: ["front lost"], recoveredSeconds: 40 };

describe("the slope of a line", () => {
  it("is found whatever the line", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -50, max: 50, noNaN: true }),
        fc.double({ min: -500, max: 500, noNaN: true }),
        fc.uniqueArray(fc.integer({ min: 0, max: 600 }), { minLength: 3, maxLength: 40 }),
        (perHour, start, times) => {
          const points = times.map((time): Point => [time / 60, start + (perHour * time) / 60]);
          expect(slope(points)).toBeCloseTo(perHour, 5);
        },
      ),
    );
  });

  it("is unknown for two points, and for one moment", () => {
    expect(slope([[0, 1], [1, 2]])).toBeNull(); // biome-ignore format: a point is a pair
    expect(slope([[1, 1], [1, 2], [1, 3]])).toBeNull(); // biome-ignore format: a point is a pair
  });
});

describe("an hour in a room", () => {
  it("is well when memory is level", () => {
    const { problems, parts } = summaryOf(hourOf((seconds) => 200 + (seconds % 60) / 10));
    expect(problems).toEqual([]);
    expect(parts[0]).toMatchObject({ part: "gateway", openFiles: [40, 40], threads: [12, 12], started: 1 });
  });

  it("is not when memory grows by more than five per cent in an hour", () => {
    const { problems, parts } = summaryOf(hourOf((seconds) => 200 + (20 * seconds) / HOUR));
    expect(parts[0]).toMatchObject({ growthMbPerHour: 20, rssMb: [204.2, 219.2] });
    expect(problems).toEqual([expect.stringContaining("the memory of gateway grows by 9.4 % an hour")]);
  });

  it("tells what is left of the growth in the last hour, of a run that is long enough", () => {
    const settling = (seconds: number) => 200 + Math.min(20, (20 * seconds) / HOUR);
    const [part] = summaryOf(hourOf(settling, 7, 2)).parts;
    expect(part).toMatchObject({ lastHourMbPerHour: 0 });
    expect(part!.growthMbPerHour).toBeGreaterThan(5);
    expect(report(summaryOf(hourOf(settling, 7, 2)))).toContain("| in its last hour |");
    expect(summaryOf(hourOf(settling)).parts[0]).toMatchObject({ lastHourMbPerHour: null });
  });

  it("judges no growth of the warm-up, and none while something is away", () => {
    const grown = hourOf(
      (seconds) => (seconds < 600 ? seconds / 3 : 200) + (seconds > 1200 && seconds < 1300 ? 500 : 0),
    );
    const { problems, parts } = summaryOf(grown, [away]);
    expect(problems).toEqual([]);
    expect(parts[0]?.growthMbPerHour).toBe(0);
  });

  it("is not well when something does not recover, and when a window or a message is missing", () => {
    const samples = hourOf(() => 200);
    const last = { ...samples.at(-1)!, missing: 2 };
    const { problems } = summaryOf([...samples.slice(0, -1), last], [{ ...away, recoveredSeconds: null }]);
    expect(problems).toEqual([
      "no recovery after minute 20, when a camera is away",
      "2 windows did not come",
    ]);
  });

  it("tells windows of the quiet time from the others", () => {
    const samples = hourOf(() => 200).map((sample) => {
      const blind = Math.min(10, Math.max(0, Math.floor((sample.seconds - 1200) / 10)));
      return { ...sample, windows: { ok: sample.seconds / 10 - blind, no_camera: blind } };
    });
    const { windows, quietWindows } = summaryOf(samples, [away]);
    expect(windows).toEqual({ ok: 350, no_camera: 10 });
    expect(quietWindows.no_camera).toBeUndefined();
    expect(quietWindows.ok).toBeGreaterThan(340);
  });

  it("counts a process that was started anew", () => {
    const samples = [...hourOf(() => 200).slice(0, 200), ...hourOf(() => 200, 8).slice(200)];
    expect(summaryOf(samples).parts[0]?.started).toBe(2);
  });
});

it("has its last hour in docs/soak.md as it stands in bench/room.json", async () => {
  const summary = JSON.parse(await readFile(path.join(packageRoot, "bench", "room.json"), "utf8"));
  const page = await readFile(path.join(packageRoot, "docs", "soak.md"), "utf8");
  expect(page).toContain(`<!-- generated: soak -->\n${report(summary)}\n<!-- /generated -->`);
});
