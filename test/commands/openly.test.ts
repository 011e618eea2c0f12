import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { checkAudit } from "../../gateway/audit.ts";
import { Minded, openly, whoMinds } from "../../gateway/commands/openly.ts";
import { keepPause } from "../../gateway/pause.ts";
import { privacyOptions } from "../../gateway/protect/permission.ts";
import { standInChip } from "../support/gpio.ts";
import { temporaryFolder } from "../support/places.ts";

const room = async (privacy: object = {}) => ({
  privacy: privacyOptions.parse(privacy),
  dataFolder: await temporaryFolder(),
  site: "riverside",
  room: "room-12",
});

const written = async (dataFolder: string) =>
  (await checkAudit(dataFolder)).entries.map(({ kind, about }) => [kind, about.because]);

/** Looks until it is told to stop, and then takes a moment to close its cameras. */
function looking() {
  const seen = { open: false };
  const work = async (stop: AbortSignal) => {
    seen.open = true;
    await new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 50));
    seen.open = false;
  };
  return { seen, work };
}

describe("a command that opens cameras", () => {
  it("may not while a teacher's pause holds, though no gateway runs", async () => {
    const config = await room();
    expect(await whoMinds(config)).toBeNull();
    await keepPause(config.dataFolder, { until: null });
    expect(await whoMinds(config)).toMatchObject({ by: "teacher" });
    await keepPause(config.dataFolder, { until: Date.now() - 1 });
    expect(await whoMinds(config)).toBeNull();
    expect(await whoMinds(await room({ profile: "off" }))).toMatchObject({ by: "profile" });
  });

  it("closes them when somebody pauses meanwhile, and says who did once they are closed", async () => {
    const config = await room();
    const { seen, work } = looking();
    const ended = openly(config, "doctor", work).catch((error: unknown) => ({ error, open: seen.open }));
    await keepPause(config.dataFolder, { until: null });
    expect(await ended).toMatchObject({ error: expect.any(Minded), open: false });
    expect(await ended).toMatchObject({ error: { by: "teacher" } });
    expect(await written(config.dataFolder)).toEqual([
      ["cameras_opened", undefined],
      ["cameras_closed", "the teacher keeps the cameras shut: it is paused"],
    ]);
  }, 20_000);

  it("closes them when the lesson ends meanwhile", async () => {
    const file = path.join(await temporaryFolder(), "plan.ics");
    const stamp = (time: number) => `${new Date(time).toISOString().replace(/[-:]|\.\d+/g, "")}`;
    const lesson = [
      "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//school\r\nBEGIN:VEVENT\r\nUID:1@school",
      `DTSTAMP:${stamp(Date.now())}\r\nDTSTART:${stamp(Date.now() - 60_000)}\r\nDTEND:${stamp(Date.now() + 3_000)}`,
      "END:VEVENT\r\nEND:VCALENDAR\r\n",
    ];
    await writeFile(file, lesson.join("\r\n"));
    const config = await room({ timetable: { file } });
    expect(await whoMinds(config)).toBeNull();
    await expect(openly(config, "models prepare", looking().work)).rejects.toMatchObject({ by: "timetable" });
  }, 20_000);

  it("closes them before it says so when the light goes out", async () => {
    const chip = await standInChip();
    await chip.plug();
    const before = process.env.PATH;
    process.env.PATH = `${chip.folder}:${before}`;
    try {
      const config = await room({ indicator: { gpio: "GPIO17" } });
      const { seen, work } = looking();
      const ended = openly(config, "doctor", (stop) => {
        void readFile(chip.pid, "utf8").then((pid) => process.kill(Number(pid), "SIGKILL"));
        return work(stop);
      }).catch((error: unknown) => ({ error, open: seen.open }));
      expect(await ended).toMatchObject({ error: { code: "INDICATOR_FAILED" }, open: false });
    } finally {
      process.env.PATH = before;
    }
  }, 20_000);

  it("hands on what came of it, and has both written down", async () => {
    const config = await room();
    expect(await openly(config, "doctor", async () => 7)).toBe(7);
    expect(await written(config.dataFolder)).toEqual([
      ["cameras_opened", undefined],
      ["cameras_closed", null],
    ]);
  });
});
