import { execFileSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { describe, expect, it, onTestFinished } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { eyeOptions, openEye } from "../../../gateway/eye/eye.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import type { Sound } from "../../../gateway/terms.ts";
import { preparedForTests } from "../../models/prepared.ts";
import { startChild } from "../../support/child.ts";
import { temporaryFolder } from "../../support/places.ts";
import { childProcesses, commandLine, isAlive } from "../../support/processes.ts";
import { findProgram, until } from "../../support/programs.ts";

const prepared = await preparedForTests();
const ffmpeg = findProgram("ffmpeg");

describe.skipIf(!prepared || !ffmpeg)(
  "microphones in the eye (skipped without the model pack and ffmpeg)",
  () => {
    it("hears in its own process, says two numbers, and is deaf while it is paused", async () => {
      const device = path.join(await temporaryFolder(), "tone.wav");
      execFileSync(ffmpeg!, [
        "-loglevel",
        "error",
        "-f",
        "lavfi",
        "-i",
        "sine=frequency=1000",
        "-t",
        "2",
        device,
      ]);
      const sounds: Sound[] = [];
      const states: unknown[] = [];
      const eye = await openEye(
        {
          ...eyeOptions.parse({
            cameras: [{ driver: "simulated", name: "front", students: 5, framesPerSecond: 1 }],
          }),
          microphones: [
            { name: "ear", source: "file", device, everySeconds: 1 },
            { name: "none", source: "file", device: "/nowhere.wav", everySeconds: 1 },
          ],
          pack: prepared!.pack,
          pace: "live",
        },
        {
          onView() {},
          onCamera() {},
          onSound: (sound) => sounds.push(sound),
          onDeaf: (name, away) => states.push(`${name} ${away?.state}`),
        },
        { log: pino({ level: "silent" }), clock },
      );
      onTestFinished(() => eye.close());
      const heard = () => until(() => sounds.length > 0 || undefined, 30, "a sound");
      await heard();
      expect(Object.keys(sounds[0]!).sort()).toEqual(["level", "microphone", "speech", "time"]);
      expect(sounds[0]).toMatchObject({ microphone: "ear", level: expect.closeTo(-21.1, 0), speech: null });
      expect(states).toContain("none lost");

      await eye.pause();
      sounds.length = 0;
      expect(states.slice(-2)).toEqual(["ear paused", "none paused"]);
      expect(childProcesses(eye.status().pid!), "ffmpeg is gone").toEqual([]);
      await clock.sleep(1_500);
      expect(sounds).toEqual([]);

      await eye.resume();
      await heard();
    }, 90_000);
  },
);

it.skipIf(!ffmpeg)(
  "the ear's program is gone with the eye, also while its microphone is silent",
  async () => {
    const folder = await temporaryFolder();
    const silent = path.join(folder, "silent.wav");
    execFileSync("mkfifo", [silent]); // nobody ever writes into it
    const eye = path.join(folder, "ear.ts");
    const source = (file: string) => JSON.stringify(path.join(packageRoot, "gateway", file));
    await writeFile(
      eye,
      `import { systemClock as clock } from ${source("clock.ts")};
     import { listen } from ${source("eye/sound/listen.ts")};
     const ear = { name: "ear", source: "file", device: ${JSON.stringify(silent)}, everySeconds: 1 } as const;
     listen(ear, { clock, heard() {}, lost() {} });`,
    );
    const { process: child, kill } = await startChild(eye, []);
    const isListening = (pid: number) => commandLine(pid).includes(silent);
    const program = await until(() => childProcesses(child.pid).find(isListening), 20, "ffmpeg to listen");
    await kill("SIGKILL");
    await until(() => !isAlive(program) || undefined, 10, "ffmpeg to end");
  },
);
