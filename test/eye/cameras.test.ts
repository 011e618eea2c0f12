import { rm } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { type Eye, eyeOptions, openEye } from "../../gateway/eye/eye.ts";
import type { View } from "../../gateway/terms.ts";
import { preparedForTests } from "../models/prepared.ts";
import { freePort, temporaryFolder } from "../support/places.ts";
import { childProcesses, isAlive } from "../support/processes.ts";
import { until } from "../support/programs.ts";
import { filmRoom, type RtspServer, rtspServerIsThere, startRtspServer } from "../support/rtsp.ts";

const prepared = await preparedForTests();
const there = await rtspServerIsThere;

describe.skipIf(!prepared || !there)(
  "the eye with real cameras (skipped without the model pack and GStreamer's RTSP server)",
  () => {
    let place: string;
    let server: RtspServer;
    let url: string;
    const eyes: Eye[] = [];
    beforeAll(async () => {
      place = await temporaryFolder();
      const port = await freePort();
      const film = await filmRoom(path.join(place, "room.h264.mkv"));
      server = await startRtspServer({ port, films: { front: film, back: film } });
      url = `rtsp://127.0.0.1:${port}`;
    }, 60_000);
    afterEach(async () => {
      server.child.kill("SIGCONT");
      await Promise.all(eyes.splice(0).map((eye) => eye.close()));
      expect(childProcesses()).toEqual([server.child.pid]);
    });
    afterAll(async () => {
      await server.close();
      await rm(place, { recursive: true, force: true });
    });

    async function open(cameras: readonly object[]) {
      const views: View[] = [];
      const changes: string[] = [];
      const eye = await openEye(
        { ...eyeOptions.parse({ cameras }), pack: prepared!.pack, pace: "live" },
        {
          onView: (view) => views.push(view),
          onCamera: (name, state) => changes.push(`${name} ${state}`),
        },
        { log: pino({ level: "silent" }), clock },
      );
      eyes.push(eye);
      const of = (camera: string) => views.filter((view) => view.camera === camera);
      return { eye, changes, of };
    }

    it("looks through several at once, and never sees what a mask hides", async () => {
      const leftHalf = [
        [0, 0],
        [0.5, 0],
        [0.5, 1],
        [0, 1],
      ];
      const { of, changes } = await open([
        { name: "front", driver: "rtsp", url: `${url}/front` },
        { name: "back", driver: "rtsp", url: `${url}/back`, mask: [leftHalf] },
      ]);
      await until(
        () => (of("front").length > 3 && of("back").length > 3) || undefined,
        40,
        () => `${changes}`,
      );
      expect(changes.toSorted()).toEqual(["back ok", "front ok"]);
      const middles = (camera: string) =>
        of(camera).flatMap(({ faces }) => faces.map(({ box }) => box.x + box.width / 2));
      expect(middles("front").some((x) => x < 0.5)).toBe(true);
      expect(middles("back").length).toBeGreaterThan(4);
      expect(middles("back").every((x) => x >= 0.48)).toBe(true);
      expect(of("front")[0]!.brightness).toBeGreaterThan(0.3);
    }, 60_000);

    it("leaves no program behind that waits for a silent camera, even when the eye is killed", async () => {
      const { eye, of } = await open([{ name: "front", driver: "rtsp", url: `${url}/front` }]);
      await until(() => of("front").length > 1 || undefined, 40);
      const pid = eye.status().pid!;
      const programs = childProcesses(pid);
      expect(programs.length).toBeGreaterThan(0);
      server.child.kill("SIGSTOP");
      process.kill(pid, "SIGKILL");
      await until(() => !programs.some(isAlive) || undefined, 10, "the camera's program to end");
    }, 60_000);
  },
);
