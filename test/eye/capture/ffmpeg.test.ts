import { chmod, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { describe, expect, it } from "vitest";
import { findFfmpeg, runFfmpeg } from "../../../gateway/eye/capture/ffmpeg.ts";
import { videoFilm } from "../../../gateway/eye/capture/video.ts";
import { makeVideo } from "../../support/films.ts";
import { temporaryFolder } from "../../support/places.ts";
import { childProcesses } from "../../support/processes.ts";

const bundled = await findFfmpeg(undefined, { PATH: "" }).catch(() => null);

describe("finding ffmpeg", () => {
  it("takes the first on the PATH that can be run", async () => {
    const folder = await temporaryFolder();
    for (const name of ["a", "b"]) {
      await mkdir(path.join(folder, name));
      await writeFile(path.join(folder, name, "ffmpeg"), "#!/bin/sh\n");
    }
    await chmod(path.join(folder, "b", "ffmpeg"), 0o755);
    const PATH = `${path.join(folder, "a")}:${path.join(folder, "b")}`;
    expect(await findFfmpeg(undefined, { PATH })).toBe(path.join(folder, "b", "ffmpeg"));
  });

  it("takes the configured one and no other", async () => {
    expect(await findFfmpeg(process.execPath)).toBe(process.execPath);
    await expect(findFfmpeg("/nowhere/ffmpeg")).rejects.toMatchObject({ code: "FFMPEG_MISSING" });
  });

  it.skipIf(bundled === null)(
    "plays with the one that npm brings along (needs the optional package)",
    async () => {
      const folder = await temporaryFolder();
      const file = await makeVideo(path.join(folder, "film.mp4"), { count: 1 });
      const options = { path: file, framesPerSecond: 2, maximumWidth: 32, ffmpeg: bundled! };
      const film = await videoFilm(options, pino({ level: "silent" }));
      const pictures = [];
      for await (const picture of film(new AbortController().signal)) pictures.push(picture);
      expect(pictures.map(({ width, height }) => [width, height])).toEqual([[32, 24]]);
    },
  );
});

describe("running ffmpeg", () => {
  it("tells of a program that cannot be started", async () => {
    const { ended } = runFfmpeg("/nowhere/ffmpeg", []);
    expect(await ended).toMatchObject({ code: null, words: expect.stringContaining("ENOENT") });
  });

  it("can end one that waits for ever", async () => {
    const endless = ["-f", "lavfi", "-i", "testsrc", "-f", "rawvideo", "pipe:1"];
    const ffmpeg = runFfmpeg(await findFfmpeg(), endless);
    await new Promise((resolve) => ffmpeg.output.once("readable", resolve));
    expect(childProcesses()).toHaveLength(1);
    ffmpeg.kill();
    ffmpeg.output.resume();
    expect((await ffmpeg.ended).code).toBeNull();
    expect(childProcesses()).toEqual([]);
  });
});
