import { appendFile, copyFile, cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import sharp, { type Sharp } from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import type { Camera, CameraContext } from "../../../gateway/eye/capture/camera.ts";
import { files } from "../../../gateway/eye/capture/cameras/files.ts";
import type { Frame } from "../../../gateway/terms.ts";
import { describeCamera } from "../../contracts/camera.ts";
import { drawPictures, makeVideo, run } from "../../support/films.ts";
import { temporaryFolder } from "../../support/places.ts";
import { childProcesses } from "../../support/processes.ts";

let place: string;
const at = (...names: string[]) => path.join(place, ...names);
beforeAll(async () => {
  place = await temporaryFolder();
  await drawPictures(at("pictures"), 10);
  await makeVideo(at("film.mp4"));
});
afterAll(() => rm(place, { recursive: true, force: true }));

interface Opening {
  readonly framesPerSecond?: number;
  readonly maximumWidth?: number;
  readonly loop?: boolean;
  readonly pace?: CameraContext["pace"];
}

function open(name: string, { pace = "every", ...options }: Opening = {}) {
  const said: Record<string, unknown>[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => said.push(JSON.parse(line)) });
  const camera = files.open(files.options.parse({ driver: "files", path: at(name), ...options }), {
    ...{ name: "camera-1", clock, log, pace },
  });
  return { camera, said };
}

/** Reads to the end (or `limit` frames), and closes. */
async function play(camera: Camera, limit = 100): Promise<Frame[]> {
  const frames: Frame[] = [];
  while (frames.length < limit) {
    const frame = await camera.next();
    if (frame === null) break;
    frames.push(frame);
  }
  await camera.close();
  return frames;
}

/** Which of the drawn pictures each frame is. H.264 may be off by a little. */
const numbers = (frames: readonly Frame[]) => frames.map(({ rgb }) => Math.round(rgb[0]! / 20));

describeCamera("files, a folder of pictures", async () => ({
  framesPerSecond: 10,
  length: 10,
  open: (context) =>
    files.open(files.options.parse({ driver: "files", path: at("pictures"), framesPerSecond: 10 }), context),
}));

describeCamera("files, a video", async () => ({
  framesPerSecond: 10,
  length: 50, // five seconds
  open: (context) =>
    files.open(files.options.parse({ driver: "files", path: at("film.mp4"), framesPerSecond: 10 }), context),
}));

describe("a folder of pictures", () => {
  it("plays in natural order", async () => {
    await drawPictures(at("twelve"), 12);
    const frames = await play(await open("twelve").camera);
    expect(numbers(frames)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    expect(frames[10]!.file).toBe("picture-10.png");
  });

  it("skips what is no picture, names each once, and goes on with the others", async () => {
    await cp(at("pictures"), at("mixed"), { recursive: true });
    const noise = await sharp({
      create: {
        width: 400,
        height: 300,
        channels: 3,
        background: "grey",
        noise: { type: "gaussian", mean: 128, sigma: 30 },
      },
    })
      .jpeg()
      .toBuffer();
    await writeFile(at("mixed", "picture-1.png"), "");
    await writeFile(at("mixed", "picture-2.png"), "I am only a text.");
    await writeFile(at("mixed", "picture-10.jpg"), noise.subarray(0, noise.length / 2));
    await writeFile(at("mixed", "notes.txt"), "not looked at");
    const { camera, said } = open("mixed", { pace: "live", framesPerSecond: 60 });
    const frames = await play(await camera, 20); // more than one round
    expect(new Set(numbers(frames))).toEqual(new Set([0, 3, 4, 5, 6, 7, 8, 9]));
    expect(said.map(({ code }) => code)).toEqual(Array(3).fill("PICTURE_UNREADABLE"));
    expect(said.map(({ skipped }) => skipped)).toEqual([1, 2, 3]);
    expect(said.filter(({ msg }) => String(msg).includes("\n"))).toEqual([]);
    for (const name of ["picture-1.png", "picture-2.png", "picture-10.jpg"]) {
      expect(said.some(({ msg }) => String(msg).includes(name))).toBe(true);
    }
  });

  it("is refused as empty when nothing in it can be read", async () => {
    await mkdir(at("hollow"));
    await expect(open("hollow").camera).rejects.toMatchObject({ code: "INPUT_EMPTY" });
    await writeFile(at("hollow", "a.jpg"), "");
    await expect(open("hollow").camera).rejects.toMatchObject({ code: "INPUT_EMPTY" });
  });

  it("shows pictures that were added while it plays", async () => {
    await drawPictures(at("growing"), 1);
    const camera = await open("growing", { pace: "live", framesPerSecond: 20 }).camera;
    await camera.next();
    await copyFile(at("pictures", "picture-7.png"), at("growing", "picture-7.png"));
    expect(new Set(numbers(await play(camera, 8)))).toContain(7);
  });
});

describe("a single picture", () => {
  it("is turned upright as its EXIF says", async () => {
    const lying = sharp({ create: { width: 90, height: 60, channels: 3, background: "teal" } });
    await lying.withMetadata({ orientation: 6 }).jpeg().toFile(at("lying.jpg"));
    const [frame] = await play(await open("lying.jpg").camera);
    expect(frame).toMatchObject({ width: 60, height: 90 });
  });

  it.each([
    ["grey", (picture: Sharp) => picture.greyscale().png()],
    ["transparent", (picture: Sharp) => picture.ensureAlpha(0.5).webp()],
    ["CMYK", (picture: Sharp) => picture.toColourspace("cmyk").jpeg()],
    ["16-bit", (picture: Sharp) => picture.toColourspace("rgb16").png()],
  ])("comes out as RGB when it is %s", async (kind, convert) => {
    const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: "#808080" } });
    const bytes = await convert(picture).toBuffer({ resolveWithObject: true });
    await writeFile(at(`${kind}.${bytes.info.format}`), bytes.data);
    const [frame] = await play(await open(`${kind}.${bytes.info.format}`).camera);
    expect(frame!.rgb).toHaveLength(40 * 30 * 3);
    const expected = kind === "transparent" ? 0xc0 : 0x80;
    for (const value of frame!.rgb.subarray(0, 3)) expect(Math.abs(value - expected)).toBeLessThan(16);
  });

  it("is scaled down to the maximum width and never up", async () => {
    await drawPictures(at("wide"), 1, 800, 400);
    const [small] = await play(await open("wide", { maximumWidth: 200 }).camera);
    expect(small).toMatchObject({ width: 200, height: 100 });
    const [same] = await play(await open("wide").camera);
    expect(same).toMatchObject({ width: 800, height: 400 });
  });
});

describe("a video", () => {
  it("plays every picture once and in order", async () => {
    expect(numbers(await play(await open("film.mp4").camera))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it("is sampled at the rate that is asked for", async () => {
    const frames = await play(await open("film.mp4", { framesPerSecond: 1 }).camera);
    expect(frames).toHaveLength(5);
    expect(frames[1]!.time - frames[0]!.time).toBe(1000);
  });

  it("starts again at its end when live, and ends when told not to loop", async () => {
    await makeVideo(at("short.mp4"), { count: 2 });
    const looping = await open("short.mp4", { pace: "live", framesPerSecond: 20 }).camera;
    expect(await play(looping, 45)).toHaveLength(45);
    const once = await open("short.mp4", { pace: "live", framesPerSecond: 20, loop: false }).camera;
    expect((await play(once)).length).toBeLessThanOrEqual(20);
  });

  it("of a single picture is still a video", async () => {
    await makeVideo(at("one.mp4"), { count: 1 });
    expect(await play(await open("one.mp4", { framesPerSecond: 1 }).camera)).toHaveLength(1);
  });

  it("is turned upright, and its pixels made square", async () => {
    await run("-i", at("film.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90", at("turned.mp4"));
    const [turned] = await play(await open("turned.mp4").camera, 1);
    expect(turned).toMatchObject({ width: 48, height: 64 });
    await makeVideo(at("squeezed.mp4"), { options: ["-vf", "setsar=2"] });
    const [squeezed] = await play(await open("squeezed.mp4").camera, 1);
    expect(squeezed).toMatchObject({ width: 128, height: 48 });
  });

  it("of any size comes out in that size, odd ones too, and scaled down to the maximum width", async () => {
    await makeVideo(at("odd.mkv"), { width: 321, height: 179, options: ["-pix_fmt", "yuv444p"] });
    expect((await play(await open("odd.mkv").camera, 1))[0]).toMatchObject({ width: 321, height: 179 });
    const [small] = await play(await open("odd.mkv", { maximumWidth: 160 }).camera, 1);
    expect(small).toMatchObject({ width: 160, height: 89 });
  });

  it("can have a name that looks like something else", async () => {
    await mkdir(at("50% [a]:b"));
    await copyFile(at("film.mp4"), at("50% [a]:b", "-i %d.mp4"));
    expect(await play(await open("50% [a]:b/-i %d.mp4").camera)).toHaveLength(10);
  });

  it.each([
    ["a text", "text.mp4", async (file: string) => writeFile(file, "I am only a text.\n".repeat(100))],
    ["a text, and is called one", "text.txt", async (file: string) => writeFile(file, "I am only a text.")],
    ["an empty file", "empty.mp4", async (file: string) => writeFile(file, "")],
    [
      "one that lost its end",
      "cut.mp4",
      async (file: string) => {
        const whole = await readFile(at("film.mp4"));
        await writeFile(file, whole.subarray(0, whole.length / 2));
      },
    ],
    [
      "a sound",
      "sound.mp4",
      (file: string) => run("-f", "lavfi", "-i", "sine=duration=1", "-loglevel", "error", "-y", file),
    ],
    [
      "a playlist that points elsewhere",
      "list.mp4",
      async (file: string) =>
        writeFile(file, "#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n"),
    ],
  ])("is refused in ffmpeg's own words when it is really %s", async (_, name, make) => {
    await make(at(name));
    const before = childProcesses();
    const error = await open(name).camera.catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "INPUT_NOT_VIDEO" });
    expect(error.message).toContain(at(name));
    expect(error.message).not.toMatch(/0x[0-9a-f]{6}|\n/);
    expect(error.message.split("video: ")[1].length).toBeGreaterThan(10);
    expect(childProcesses()).toEqual(before);
  });

  it("that breaks off plays as far as it goes, and says so once", async () => {
    await makeVideo(at("whole.mkv"), { count: 40, options: ["-g", "1"] });
    const whole = await readFile(at("whole.mkv"));
    await writeFile(at("broken.mkv"), whole.subarray(0, whole.length * 0.6));
    await appendFile(at("broken.mkv"), Buffer.alloc(5000, 0xab));
    const { camera, said } = open("broken.mkv");
    const frames = await play(await camera);
    expect(frames.length).toBeGreaterThan(5);
    expect(frames.length).toBeLessThan(40);
    expect(said.map(({ level }) => level)).toEqual([40]);
  });

  it("does not run ahead of its reader", async () => {
    const size = ["-f", "lavfi", "-i", "testsrc=size=1280x720:rate=10:duration=10"];
    await run(...size, "-c:v", "libx264", "-preset", "ultrafast", "-loglevel", "error", at("long.mp4"));
    const camera = await open("long.mp4", { framesPerSecond: 10 }).camera;
    const before = process.memoryUsage.rss();
    await camera.next();
    await new Promise((resolve) => setTimeout(resolve, 700));
    // All 100 pictures would be 276 MB.
    expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
    expect(await play(camera, 1000)).toHaveLength(99);
  });
});

it("a path where there is nothing is said to be missing", async () => {
  await expect(open("nowhere.mp4").camera).rejects.toMatchObject({ code: "INPUT_MISSING" });
  await expect(open("nowhere").camera).rejects.toMatchObject({ code: "INPUT_MISSING" });
});
