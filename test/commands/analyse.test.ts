import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { preparedForTests } from "../models/prepared.ts";
import { cli, jsonLines } from "../support/cli.ts";
import { run as ffmpeg } from "../support/films.ts";
import { temporaryFolder } from "../support/places.ts";

const prepared = await preparedForTests();
const photographs = path.join(packageRoot, "node_modules", "@vladmandic", "face-api", "demo");
const photograph = (number: number) => path.join(photographs, `sample${number}.jpg`);

interface ViewLine {
  readonly file: string;
  readonly faces: ReadonlyArray<{ readonly yaw: number }>;
}

describe.skipIf(!prepared || !existsSync(photographs))(
  "analyse, on real photographs (skipped without the model pack)",
  () => {
    it("finds at least 21 of the 22 faces in the six photographs", async () => {
      const paths = [1, 2, 3, 4, 5, 6].map(photograph);
      const { code, out } = await cli(["analyse", ...paths, "--views", "--json"]);
      expect(code).toBe(0);
      const lines = jsonLines<ViewLine>(out);
      expect(lines.map(({ file }) => file)).toEqual(paths.map((file) => path.basename(file)));
      const faces = lines.reduce((sum, line) => sum + line.faces.length, 0);
      expect(faces).toBeGreaterThanOrEqual(21);
      expect(faces).toBeLessThanOrEqual(24);
    }, 60_000);

    it("says nothing about the few people in a photograph but that they are too few", async () => {
      const { code, out } = await cli(["analyse", photograph(1), "--json"]);
      expect(code).toBe(0);
      expect(jsonLines(out)).toMatchObject([
        { file: "sample1.jpg", quality: "suppressed", focus: null, targets: null, heads: null },
      ]);
    });

    it("uses the good pictures beside broken ones, and says which were broken", async () => {
      const folder = await temporaryFolder();
      const whole = await readFile(photograph(2));
      await copyFile(photograph(1), path.join(folder, "1-good.jpg"));
      await writeFile(path.join(folder, "2-empty.jpg"), "");
      await writeFile(path.join(folder, "3-cut.jpg"), whole.subarray(0, 2000));
      await writeFile(path.join(folder, "4-words.jpg"), "these are words");
      await writeFile(path.join(folder, "5-good.jpg"), whole);
      const { code, out, err } = await cli(["analyse", folder, "--views", "--json"]);
      expect(code).toBe(0);
      const files = jsonLines<ViewLine>(out).map(({ file }) => file);
      expect(files).toContain("1-good.jpg");
      expect(files).toContain("5-good.jpg");
      for (const bad of ["2-empty.jpg", "4-words.jpg"]) {
        expect(files).not.toContain(bad);
        expect(err).toContain(bad);
      }
    });

    it("goes on with the other inputs when one cannot be used, and ends with that one's code", async () => {
      const { code, out, err } = await cli([
        "analyse",
        "no-such-file.jpg",
        photograph(1),
        "--views",
        "--json",
      ]);
      expect(code).toBe(2);
      expect(err).toContain("INPUT_MISSING");
      expect(jsonLines(out)).toMatchObject([{ error: "INPUT_MISSING" }, { file: "sample1.jpg" }]);
    });
  },
);

describe.skipIf(!prepared)("analyse, on a drawn lesson (skipped without the model pack)", () => {
  let folder = "";
  let video = "";

  beforeAll(async () => {
    const place = await temporaryFolder();
    folder = path.join(place, "lesson");
    const { code, err } = await cli(["simulate", "smoke", "--out", folder, "--fps", "1", "--seed", "3"]);
    expect(err).toContain("100 %");
    expect(code).toBe(0);
    video = path.join(place, "lesson.mp4");
    await ffmpeg(
      "-loglevel",
      "error",
      "-framerate",
      "1",
      "-i",
      path.join(folder, "frame-%06d.jpg"),
      "-c:v",
      "libx264",
      "-pix_fmt",
      "yuv420p",
      "-r",
      "5",
      video,
    );
  }, 60_000);

  it("reads a real video file, a window at a time", async () => {
    const { code, out } = await cli(["analyse", video, "--fps", "1", "--json"]);
    expect(code).toBe(0);
    const windows = jsonLines<{
      from_s: number;
      focus: number | null;
      heads: number;
      quality: string;
      provider: string;
    }>(out);
    expect(windows.map(({ from_s }) => from_s)).toEqual([0, 10]);
    expect(windows.at(-1)).toMatchObject({
      quality: "ok",
      provider: `cpu:${prepared!.pack.ready.cpu.pose.precision}`,
    });
    expect(windows.at(-1)!.heads).toBeGreaterThanOrEqual(22);
  }, 60_000);

  it("reads a folder of pictures as a film when told how many there are a second, in words for people", async () => {
    const { code, out } = await cli(["analyse", folder, "--fps", "1"]);
    expect(code).toBe(0);
    expect(out).toMatch(/0:10–0:\d\d {2}focus \d+ % \(\d+–\d+ %\) {2}2\d of 2\d heads/);
  }, 60_000);

  it("does not write over a lesson that is there", async () => {
    const { code, err } = await cli(["simulate", "smoke", "--out", folder, "--fps", "1"]);
    expect(code).toBe(2);
    expect(err).toContain("not empty");
  });

  it("refuses text that is named like a video, an empty folder, an unknown activity", async () => {
    const place = await temporaryFolder();
    const text = path.join(place, "words.mp4");
    await writeFile(text, "these are words");
    await mkdir(path.join(place, "empty"));
    const refusals = await Promise.all([
      cli(["analyse", text]),
      cli(["analyse", path.join(place, "empty")]),
      cli(["analyse", video, "--activity", "dancing"]),
    ]);
    expect(refusals.map(({ code }) => code)).toEqual([2, 2, 2]);
    for (const [index, word] of ["INPUT_NOT_VIDEO", "INPUT_EMPTY", "lecture, seatwork"].entries()) {
      expect(refusals[index]!.err).toContain(word);
    }
  });
});

describe("simulate", () => {
  it("names the line of a mistake in a lesson", async () => {
    const place = await temporaryFolder();
    const lesson = path.join(place, "bad.yaml");
    await writeFile(
      lesson,
      "title: Bad\nsegments:\n  - minutes: 1\n    activity: dancing\n    mix: { board: 1 }\n",
    );
    const { code, err } = await cli(["simulate", lesson, "--out", path.join(place, "out")]);
    expect(code).toBe(2);
    expect(err).toMatch(/line 4.*activity/);
  });
});
