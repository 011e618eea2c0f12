import { readdirSync, readFileSync } from "node:fs";
import { access, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { hasBrowser, openBrowser } from "./browser.ts";
import { startWebCamera } from "./camera.ts";
import { startChild } from "./child.ts";
import { startCli } from "./cli.ts";
import { makeVideo } from "./films.ts";
import { hasInflux, startInflux } from "./influxd.ts";
import { hasMosquitto, startMosquitto } from "./mosquitto.ts";
import { freePort, temporaryFolder } from "./places.ts";
import { childProcesses, isAlive } from "./processes.ts";
import { isListening, launch, until } from "./programs.ts";
import { rtspServerIsThere, startRtspServer } from "./rtsp.ts";
import { hasSocat, joinedPorts } from "./socat.ts";
import beginRun from "./temporary.ts";

const isThere = (place: string) =>
  access(place).then(
    () => true,
    () => false,
  );

describe("what a test starts", () => {
  const left = { processes: [] as number[], started: Number.NaN, folder: "", port: 0 };

  it.fails("(a test that throws before it cleans up)", async () => {
    left.folder = await temporaryFolder();
    const film = await makeVideo(path.join(left.folder, "film.h264.mkv"), { count: 1 });
    left.port = (await startWebCamera({ pictures: [Buffer.alloc(200)] })).port;
    const servers = [
      hasMosquitto && startMosquitto,
      hasInflux && startInflux,
      (await rtspServerIsThere) &&
        (async () => startRtspServer({ port: await freePort(), films: { cam: film } })),
      hasSocat && joinedPorts,
      hasBrowser && openBrowser,
    ].flatMap((begin) => begin || []);
    await Promise.all(servers.map((begin) => begin()));
    startCli(["config", "check"]);
    launch("sleep", ["60"]).kill("SIGSTOP");
    left.processes = childProcesses();
    left.started = servers.length + 2;
    throw new Error("on the way");
  });

  it("is gone when the test has failed: programs, servers and folders", async () => {
    expect(left.processes).toHaveLength(left.started);
    expect(left.processes.filter(isAlive)).toEqual([]);
    expect(await isListening(left.port)).toBeUndefined();
    expect(await isThere(left.folder)).toBe(false);
  });

  const late = { process: 0 };
  it.fails("(a test whose time runs out)", async () => {
    late.process = launch("sleep", ["60"]).pid!;
    await new Promise(() => {});
  }, 200);

  it("is gone when the test's time has run out", () => {
    expect(late.process).toBeGreaterThan(0);
    expect(isAlive(late.process)).toBe(false);
  });

  it("is gone when the process that runs the tests is killed", async () => {
    const folder = await temporaryFolder();
    const file = path.join(folder, "starter.ts");
    const programs = JSON.stringify(path.join(packageRoot, "test/support/programs.ts"));
    await writeFile(
      file,
      `import { launch } from ${programs};\nconsole.log(launch("sleep", ["60"]).pid);\nsetInterval(() => {}, 1000);\n`,
    );
    const runner = await startChild(file, []);
    const sleeper = Number(await until(() => runner.lines()[0]));
    expect(isAlive(sleeper)).toBe(true);
    await runner.kill("SIGKILL");
    await until(() => !isAlive(sleeper) || undefined, 10, "the kernel to end it");
  });
});

describe("all that tests put into temporary folders", () => {
  it("lies in one folder of the run", () => {
    expect(path.basename(tmpdir())).toMatch(/^focus-gateway-tests-/);
  });

  it("goes with it at the end", async () => {
    const ours = tmpdir();
    const end = await beginRun();
    const place = tmpdir();
    await writeFile(path.join(place, "left.txt"), "left");
    await end();
    expect(path.dirname(place)).toBe(ours);
    expect(await isThere(place)).toBe(false);
    expect(tmpdir()).toBe(ours);
  });
});

it("programs are started in one place, which ends them", () => {
  const starters = readdirSync(path.join(packageRoot, "test"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .filter((file) =>
      /import \{[^}]*\b(spawn|fork|exec)\b[^}]*\} from "node:child_process"/.test(
        readFileSync(path.join(packageRoot, "test", file), "utf8"),
      ),
    );
  expect(starters).toEqual(["support/programs.ts"]);
});
