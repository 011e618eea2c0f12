import { describe, expect, it, onTestFinished } from "vitest";
import { keepOptions } from "../../gateway/record/keep.ts";
import type { Point } from "../../gateway/record/sink.ts";
import { type InfluxOptions, influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import { manageInflux } from "../../gateway/record/sinks/manage.ts";
import { hasInflux2, type Influx2, startInflux2 } from "../support/influxd2.ts";
import { until } from "../support/programs.ts";

const keep = keepOptions.parse({ rawDays: 30, minuteDays: 60 });
const MINUTE_MS = 60_000;
/** Two whole minutes ago, so that a task of now reaches it. */
const minute = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 2 * MINUTE_MS;

const window = (time: number, focus: number | string, quality = "ok"): Point => ({
  measurement: "focus",
  tags: { site: "north", room: "1 01", activity: "lecture", model: "m@0", provider: "cpu:int8" },
  fields: { focus: quality === "ok" ? focus : null, coverage: 0.9, quality, lesson: "Maths" },
  time,
});

describe.skipIf(!hasInflux2)("a real InfluxDB 2.x (skipped without influxd2 on PATH)", () => {
  it("takes points, hands back the one that does not fit, and answers InfluxQL as 1.x does", async () => {
    const { influx, options } = await started();
    const sink = await opened(options);
    expect(await sink.write([window(minute, 0.4), window(minute + 1_000, 0.6)])).toEqual([]);
    const misfit = window(minute + 2_000, "a text");
    const refused = await sink.write([window(minute + 3_000, 0.8), misfit, window(minute + 4_000, 1)]);
    expect(refused.map(({ point }) => point)).toEqual([misfit]);
    expect(await influx.query("SELECT focus, room FROM focus WHERE time > 0")).toEqual([
      { time: minute, focus: 0.4, room: "1 01" },
      { time: minute + 1_000, focus: 0.6, room: "1 01" },
      { time: minute + 3_000, focus: 0.8, room: "1 01" },
      { time: minute + 4_000, focus: 1, room: "1 01" },
    ]);
  });

  it("refuses a token that is not known, and a bucket that is not there", async () => {
    const { options } = await started();
    for (const wrong of [{ token: "guessed" }, { bucket: "other" }, { org: "other" }]) {
      const sink = await opened(influxOptions.parse({ ...options, ...wrong }));
      await expect(sink.write([window(minute, 0.5)])).rejects.toMatchObject({ code: "INFLUX_REFUSED" });
    }
  });

  it("is given retention and roll-ups, twice without harm, and its tasks roll up what comes", async () => {
    const { influx, options } = await started();
    await manageInflux(options, keep);
    await manageInflux(options, keep);
    const { buckets } = await influx.call<{ buckets: Bucket[] }>("/api/v2/buckets?org=school");
    const kept = buckets
      .filter(({ name }) => !name.startsWith("_"))
      .map(({ name, retentionRules }) => [name, (retentionRules[0]?.everySeconds ?? 0) / 86_400]);
    expect(Object.fromEntries(kept)).toEqual({
      focus: 30,
      focus_minutes: 60,
      focus_days: 0,
      focus_lessons: 0,
    });

    const sink = await opened(options);
    await sink.write([
      window(minute, 0.4),
      window(minute + 1_000, 0.6),
      window(minute + 2_000, 0, "low_coverage"),
    ]);
    const { tasks } = await influx.call<{ tasks: Task[] }>("/api/v2/tasks?org=school");
    expect(tasks.map(({ name, status }) => [name, status]).toSorted()).toEqual([
      ["focus-gateway days", "active"],
      ["focus-gateway minutes", "active"],
    ]);
    for (const { id } of tasks) await run(influx, id);

    const average = async (bucket: string) => {
      const rows = await influx.flux(
        `from(bucket: "${bucket}") |> range(start: -2d) |> filter(fn: (r) => r._measurement == "focus" and r._field == "focus")`,
      );
      return rows.map(({ _time, _value, room }) => [Date.parse(_time!), Number(_value), room]);
    };
    expect(await average("focus_minutes")).toEqual([[minute, 0.5, "1 01"]]);
    const [[day, focus] = []] = await average("focus_days");
    expect([day, focus]).toEqual([minute - (minute % 86_400_000), 0.5]);
    const lessons = await openInflux(options, "lessons");
    onTestFinished(() => lessons.close());
    expect(await lessons.write([window(minute, 0.5)])).toEqual([]);
    expect(await average("focus_lessons")).toEqual([[minute, 0.5, "1 01"]]);
  });
});

interface Bucket {
  readonly name: string;
  readonly retentionRules: readonly { readonly everySeconds: number }[];
}

interface Task {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

interface Run {
  readonly id: string;
  readonly status: string;
}

async function started(): Promise<{ influx: Influx2; options: InfluxOptions }> {
  const influx = await startInflux2();
  onTestFinished(() => influx.stop());
  const { url, org, bucket, token } = influx;
  return { influx, options: influxOptions.parse({ version: "2", url, org, bucket, token }) };
}

async function opened(options: InfluxOptions) {
  const sink = await openInflux(options);
  onTestFinished(() => sink.close());
  return sink;
}

/** Has a task run now, and waits until it is over. */
async function run(influx: Influx2, task: string): Promise<void> {
  const { id } = await influx.call<{ id: string }>(`/api/v2/tasks/${task}/runs`, "POST", {});
  const status = await until(
    async () => {
      // Between running and being on record a run is not found.
      const { runs } = await influx.call<{ runs: Run[] }>(`/api/v2/tasks/${task}/runs`);
      const ended = runs.find((one) => one.id === id && /success|failed|canceled/.test(one.status));
      return ended?.status;
    },
    60,
    "the task to end",
  );
  const { events = [] } = await influx.call<{ events?: { message: string }[] }>(
    `/api/v2/tasks/${task}/runs/${id}/logs`,
  );
  expect(status, events.map(({ message }) => message).join("\n")).toBe("success");
}
