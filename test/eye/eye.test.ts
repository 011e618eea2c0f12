import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../gateway/clock.ts";
import { type Eye, type EyeListener, type EyeOptions, eyeOptions, openEye } from "../../gateway/eye/eye.ts";
import { packageRoot } from "../../gateway/paths.ts";
import type { Clock, View } from "../../gateway/terms.ts";
import { preparedForTests } from "../models/prepared.ts";
import { makeVideo } from "../support/films.ts";
import { temporaryFolder } from "../support/places.ts";
import { childProcesses, isAlive } from "../support/processes.ts";
import { launch, until } from "../support/programs.ts";

const prepared = await preparedForTests();
const photographs = path.join(packageRoot, "node_modules/@vladmandic/face-api/demo");

describe.skipIf(prepared === null)("the eye process (needs the model pack)", () => {
  let place: string;
  const at = (...names: string[]) => path.join(place, ...names);
  const eyes: Eye[] = [];
  beforeAll(async () => {
    place = await temporaryFolder();
    await mkdir(at("photographs"));
    for (const name of ["sample1.jpg", "sample2.jpg", "sample3.jpg"]) {
      await copyFile(path.join(photographs, name), at("photographs", name));
    }
    await makeVideo(at("film.mp4"), { count: 20 });
  });
  afterEach(async () => {
    await Promise.all(eyes.splice(0).map((eye) => eye.close()));
    expect(childProcesses()).toEqual([]);
  });
  afterAll(() => rm(place, { recursive: true, force: true }));

  interface Given {
    readonly cameras: readonly object[];
    readonly pace?: "live" | "every";
    readonly stalledAfterSeconds?: number;
  }

  async function open(
    { pace = "live", ...options }: Given,
    instead: Partial<EyeOptions> = {},
    clock: Clock = systemClock,
  ) {
    const views: View[] = [];
    const changes: string[] = [];
    const logged: Record<string, unknown>[] = [];
    const listener: EyeListener = {
      onView: (view) => views.push(view),
      onCamera: (name, state, problem) => changes.push([name, state, problem].filter(Boolean).join(" ")),
    };
    const log = pino({ level: "debug" }, { write: (line: string) => logged.push(JSON.parse(line)) });
    const setup = { ...eyeOptions.parse(options), ...instead, pack: prepared!.pack, pace };
    const eye = await openEye(setup, listener, { log, clock });
    eyes.push(eye);
    return { eye, views, changes, logged };
  }

  const photos = () => ({ name: "front", driver: "files", path: at("photographs"), framesPerSecond: 5 });
  const film = () => ({ name: "back", driver: "files", path: at("film.mp4"), framesPerSecond: 5 });
  const more = (views: readonly View[], count = 2) => {
    const before = views.length;
    return until(() => views.length >= before + count || undefined, 20, `${count} more views`);
  };

  it("sees faces in photographs, and says how it does", async () => {
    const { eye, views, changes } = await open({ cameras: [photos()] });
    // On a busy machine it takes a while: the latest picture is looked at, not each in turn.
    await until(
      () => new Set(views.map(({ file }) => file)).size === 3 || undefined,
      30,
      "all three pictures",
    );
    expect(changes).toEqual(["front ok"]);
    expect(Math.max(...views.map(({ faces }) => faces.length))).toBeGreaterThanOrEqual(3);
    expect(views[0]).toMatchObject({ camera: "front", engine: eye.engine });
    const { restarts, memoryMegabytes, pid, cameras } = await until(() => {
      const status = eye.status();
      return status.memoryMegabytes > 0 ? status : undefined;
    });
    expect(restarts).toBe(0);
    expect(memoryMegabytes).toBeGreaterThan(50);
    expect(childProcesses()).toEqual([pid]);
    expect(cameras.front).toMatchObject({ state: "ok", problem: null });
    expect(cameras.front!.framesPerSecond).toBeGreaterThan(0.1); // many may share the machine
    expect(cameras.front!.frameAgeSeconds).toBeLessThan(5);
  });

  it("lets no pixels out", async () => {
    const { views } = await open({ cameras: [photos()] });
    await more(views);
    const holdsBytes = (value: unknown): boolean =>
      ArrayBuffer.isView(value) ||
      (typeof value === "object" && value !== null && Object.values(value).some(holdsBytes));
    expect(views.some(holdsBytes)).toBe(false);
    expect(JSON.stringify(views[0]).length).toBeLessThan(10_000);
  });

  it("looks through several cameras in turn", async () => {
    const { views } = await open({ cameras: [photos(), film()] });
    await until(() => views.length >= 20 || undefined, 30);
    const front = views.filter(({ camera }) => camera === "front").length;
    expect(front).toBeGreaterThan(5);
    expect(views.length - front).toBeGreaterThan(5);
  });

  it("plays recordings once and entirely, in pace `every`", async () => {
    const { views, changes } = await open({ cameras: [photos(), film()], pace: "every" });
    await until(() => changes.filter((change) => change.endsWith("ended")).length === 2 || undefined, 30);
    expect(changes.filter((change) => change.startsWith("front"))).toEqual(["front ok", "front ended"]);
    expect(views.filter(({ camera }) => camera === "front").map(({ sequence }) => sequence)).toEqual([
      0, 1, 2,
    ]);
    expect(views.filter(({ camera }) => camera === "back").map(({ sequence }) => sequence)).toEqual([
      ...Array(50).keys(),
    ]);
  });

  it("refuses a recording that cannot be played, with the code it was given in the other process", async () => {
    await writeFile(at("text.mp4"), "I am only a text.");
    const cameras = [photos(), { ...film(), path: at("text.mp4") }];
    await expect(open({ cameras, pace: "every" })).rejects.toMatchObject({
      name: "GatewayError",
      code: "INPUT_NOT_VIDEO",
      exit: 2,
    });
    await until(() => childProcesses().length === 0 || undefined);
  });

  it("says once that a live camera is lost, and finds it when it is back", async () => {
    const late = at("late");
    const { views, changes } = await open({ cameras: [{ ...photos(), path: late }] });
    await sleep(2500); // several attempts
    expect(changes).toEqual([`front lost there is nothing at ${late}`]);
    await mkdir(late);
    await copyFile(at("photographs", "sample1.jpg"), path.join(late, "a.jpg"));
    await more(views);
    expect(changes.at(-1)).toBe("front ok");
  });

  it("looks through one camera while another is never there, says so once, and keeps no more open for it", async () => {
    const gone = { name: "gone", driver: "rtsp", url: "rtsp://127.0.0.1:9/stream" };
    const { eye, views, changes } = await open({ cameras: [photos(), gone] });
    await until(() => changes.length >= 2 || undefined, 20);
    const pid = eye.status().pid!;
    const openFiles = async () => (await readdir(`/proc/${pid}/fd`)).length;
    const before = await openFiles();
    await more(views, 20);
    await sleep(4000); // several attempts
    expect(changes.toSorted()).toEqual([
      "front ok",
      "gone lost camera gone: nothing answers at 127.0.0.1:9 (connection refused)",
    ]);
    expect(views.every(({ camera }) => camera === "front")).toBe(true);
    await until(
      async () => (childProcesses(pid).length === 0 && (await openFiles()) <= before) || undefined,
      10,
      "what was opened for it to be closed",
    );
  }, 60_000);

  it("closes the cameras while paused, and opens them again", async () => {
    const { eye, views, changes } = await open({ cameras: [film()] });
    await more(views);
    const pid = eye.status().pid!;
    expect(childProcesses(pid)).toHaveLength(1); // ffmpeg holds the film open
    const paused = eye.pause();
    const seen = views.length;
    await paused;
    expect(childProcesses(pid)).toEqual([]);
    expect(eye.status().cameras.back!.state).toBe("paused");
    await sleep(500);
    expect(views).toHaveLength(seen);
    await eye.resume();
    await more(views);
    expect(changes).toEqual(["back ok", "back paused", "back opening", "back ok"]);
  });

  it.each(["SIGKILL", "SIGSTOP", "SIGSEGV"] as const)("is started again after %s", async (signal) => {
    const { eye, views, changes } = await open({ cameras: [film()], stalledAfterSeconds: 2 });
    await more(views);
    const first = eye.status().pid!;
    const [ffmpeg] = childProcesses(first);
    process.kill(first, signal);
    await until(() => changes.find((change) => change.startsWith("back lost")), 10);
    await until(() => eye.status().restarts === 1 || undefined, 10);
    await more(views);
    expect(changes.at(-1)).toBe("back ok");
    expect(eye.status().pid).not.toBe(first);
    expect(isAlive(first)).toBe(false);
    await until(() => !isAlive(ffmpeg!) || undefined, 5, "the orphaned ffmpeg to end");
  });

  it("is given up while it begins when it takes half an hour, and another one is started", async () => {
    let beginnings = 0;
    /** Half an hour is over at once, the second time that somebody waits for it. */
    const hasty: Clock = {
      ...systemClock,
      sleep: (ms, signal) =>
        ms === 30 * 60_000 && ++beginnings === 2 ? Promise.resolve() : systemClock.sleep(ms, signal),
    };
    const { eye, views, changes } = await open({ cameras: [film()] }, {}, hasty);
    await more(views);
    process.kill(eye.status().pid!, "SIGKILL");
    await until(() => changes.find((change) => /^back lost .*not up after 30 minutes/.test(change)), 20);
    await more(views);
    expect([beginnings, eye.status().restarts]).toEqual([3, 2]);
    expect(childProcesses()).toEqual([eye.status().pid]);
  });

  it("stays paused when it had to be started again meanwhile", async () => {
    const { eye, views, changes } = await open({ cameras: [film()] });
    await more(views);
    await eye.pause();
    const seen = views.length;
    process.kill(eye.status().pid!, "SIGKILL");
    await until(() => eye.status().restarts === 1 || undefined);
    const pid = await until(() => eye.status().pid ?? undefined);
    await sleep(1500);
    expect(childProcesses(pid)).toEqual([]);
    expect(views).toHaveLength(seen);
    expect(changes.at(-1)).toBe("back paused");
    await eye.resume();
    await more(views);
  });

  it("is started again when it grows too large", async () => {
    // Less than the schema lets anybody ask for: no process that looks is so small.
    const { eye, changes, logged } = await open({ cameras: [photos()] }, { maximumMemoryMegabytes: 50 });
    await until(() => eye.status().restarts >= 1 || undefined);
    expect(changes.some((change) => /^front lost .*grown to \d+ MB/.test(change))).toBe(true);
    expect(logged.some(({ code }) => code === "EYE_CRASHED")).toBe(true);
  });

  it("looks less often to stay within its share of the processors, and says so", async () => {
    const { eye, views, logged } = await open({ cameras: [photos()] }, { cpuShare: 0.05 });
    const { pace } = await until(() => (eye.status().pace?.limit ? eye.status() : undefined), 30);
    expect(pace!.share).toBeGreaterThan(0.05);
    expect(pace!.limit).toBeLessThan(5);
    expect(logged.some(({ msg }) => String(msg).includes("within 5 % of the processors"))).toBe(true);
    await more(views, 1); // and goes on looking
  });

  it("closes in the middle of a restart", async () => {
    const { eye } = await open({ cameras: [film()] });
    process.kill(eye.status().pid!, "SIGKILL");
    await until(() => eye.status().pid === null || undefined);
    await eye.close();
    await eye.close();
  });

  it("ignores Ctrl-C, which reaches the whole group, and ends by itself when the gateway is gone", async () => {
    const args = ["--input-type=module", "-e", gatewayIn(at("film.mp4"))];
    const gateway = launch(process.execPath, args, { cwd: packageRoot });
    const pid = await new Promise<number>((resolve) => {
      gateway.stdout.once("data", (text: Buffer) => resolve(Number(text.toString())));
    });
    process.kill(pid, "SIGINT");
    await sleep(300);
    expect(isAlive(pid)).toBe(true);
    const [ffmpeg] = childProcesses(pid);
    gateway.kill("SIGKILL");
    await until(() => !isAlive(pid) || undefined, 5, "the eye to end");
    await until(() => !isAlive(ffmpeg!) || undefined, 5, "its ffmpeg to end");
  });

  /** A little gateway of its own, from the compiled code: prints the eye's process id after the first view. */
  function gatewayIn(file: string): string {
    const dist = path.join(packageRoot, process.env.FOCUS_GATEWAY_DIST ?? "dist", "gateway");
    const camera = { name: "back", driver: "files", path: file };
    return `
      import { openEye, eyeOptions } from ${JSON.stringify(path.join(dist, "eye/eye.js"))};
      import { systemClock as clock } from ${JSON.stringify(path.join(dist, "clock.js"))};
      import { createLogger } from ${JSON.stringify(path.join(dist, "log.js"))};
      const setup = { ...eyeOptions.parse({ cameras: [${JSON.stringify(camera)}] }),
        pack: ${JSON.stringify(prepared!.pack)}, pace: "live" };
      let told = false;
      const onView = () => { if (!told) console.log(eye.status().pid); told = true; };
      const eye = await openEye(setup, { onView, onCamera() {} }, { log: createLogger("error", false), clock });
    `;
  }
});
