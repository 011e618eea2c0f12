import { readFileSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { filmLesson, type TruthLine } from "../../../gateway/eye/simulate/film.ts";
import { readLesson } from "../../../gateway/eye/simulate/lesson.ts";
import { temporaryFolder } from "../../support/places.ts";

const lesson = await readLesson("smoke");
const small = { lesson, students: 4, width: 320, height: 180, framesPerSecond: 1, seed: 7 };

const truthIn = async (folder: string): Promise<TruthLine[]> => {
  const text = await readFile(path.join(folder, "truth.jsonl"), "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as TruthLine);
};

describe("a filmed lesson", () => {
  it("is a picture for every line of truth, and says how far it is", async () => {
    const folder = path.join(await temporaryFolder(), "film");
    const progress: [number, number][] = [];
    const { frames } = await filmLesson({
      ...small,
      folder,
      onProgress: (done, total) => progress.push([done, total]),
    });
    expect(frames).toBe(20);
    expect(progress.at(0)).toEqual([1, 20]);
    expect(progress.at(-1)).toEqual([20, 20]);
    const truth = await truthIn(folder);
    expect(truth.map(({ sequence }) => sequence)).toEqual([...Array(20).keys()]);
    expect(truth.map(({ file }) => file)).toEqual(
      (await readdir(folder)).filter((name) => name !== "truth.jsonl"),
    );
    for (const { time, sequence, activity, seats } of truth) {
      expect(time).toBe(sequence);
      expect(activity).toBe(time < 12 ? "lecture" : "seatwork");
      expect(seats).toHaveLength(4);
      expect(Object.keys(seats[0]!)).toEqual(
        expect.arrayContaining([
          "seat",
          "box",
          "yaw",
          "pitch",
          "roll",
          "eyesOpen",
          "target",
          "shift",
          "visible",
        ]),
      );
    }
    const { width, height, format } = await sharp(path.join(folder, truth[3]!.file)).metadata();
    expect({ width, height, format }).toEqual({ width: 320, height: 180, format: "jpeg" });
  });

  it("is the same, byte for byte, from the same seed", async () => {
    const [one, other] = [await temporaryFolder(), await temporaryFolder()];
    await filmLesson({ ...small, folder: one, framesPerSecond: 0.25, noise: 4 });
    await filmLesson({ ...small, folder: other, framesPerSecond: 0.25, noise: 4 });
    const names = await readdir(one);
    expect(await readdir(other)).toEqual(names);
    for (const name of names)
      expect((await readFile(path.join(one, name))).equals(await readFile(path.join(other, name)))).toBe(
        true,
      );
  });

  it("never writes over what is there, unless told; and then leaves what is not its own", async () => {
    const folder = await temporaryFolder();
    await filmLesson({ ...small, folder, framesPerSecond: 0.5 });
    await writeFile(path.join(folder, "notes.txt"), "mine");
    await expect(filmLesson({ ...small, folder })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("is not empty"),
    });
    await filmLesson({ ...small, folder, framesPerSecond: 0.1, force: true });
    expect(await readdir(folder)).toEqual([
      "frame-000001.jpg",
      "frame-000002.jpg",
      "notes.txt",
      "truth.jsonl",
    ]);
  });

  it("has written the truth of every picture so far, should it be ended at any moment", async () => {
    const folder = await temporaryFolder();
    const written: number[] = [];
    const onProgress = () => {
      written.push(readFileSync(path.join(folder, "truth.jsonl"), "utf8").split("\n").length - 1);
    };
    await filmLesson({ ...small, folder, framesPerSecond: 0.25, onProgress });
    expect(written).toEqual([1, 2, 3, 4, 5]);
  });

  it("stops when it is told to, with whole files", async () => {
    const folder = await temporaryFolder();
    const stop = new AbortController();
    const onProgress = (done: number) => done === 3 && stop.abort();
    expect(await filmLesson({ ...small, folder, signal: stop.signal, onProgress })).toEqual({ frames: 3 });
    expect(await truthIn(folder)).toHaveLength(3);
  });
});
