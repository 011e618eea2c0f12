import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import pino from "pino";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import type { GatewayError } from "../../../gateway/errors.ts";
import { rtsp } from "../../../gateway/eye/capture/cameras/rtsp.ts";
import { findFfmpeg } from "../../../gateway/eye/capture/ffmpeg.ts";
import { edgesOf, shiftBetween } from "../../../gateway/eye/capture/health/shift.ts";
import { thumbnails } from "../../../gateway/eye/capture/health/thumbnail.ts";
import { tellable } from "../../../gateway/eye/capture/login.ts";
import { describeCamera } from "../../contracts/camera.ts";
import { type Filed, makeCertificates, type TestCertificates } from "../../support/certificates.ts";
import { drawRoom } from "../../support/pictures.ts";
import { freePort, temporaryFolder } from "../../support/places.ts";
import { childProcesses, commandLine } from "../../support/processes.ts";
import {
  filmRoom,
  joinFilms,
  type RtspServer,
  rtspServerIsThere,
  rtspServerSpeaksTls,
  startRtspServer,
} from "../../support/rtsp.ts";
import { lookThrough, stopLooking } from "./look.ts";

const there = await rtspServerIsThere;
/** ffmpeg 4.1, where npm brought it along: JetPack 6 has one like it. */
const older = await findFfmpeg(undefined, { PATH: "" }).catch(() => null);
const speaksTls = await rtspServerSpeaksTls;

describe.skipIf(!there)("cameras by RTSP (skipped without GStreamer's RTSP server)", () => {
  let place: string;
  let port: number;
  let films: Record<"room" | "small" | "modern" | "changing", string>;
  const servers: RtspServer[] = [];
  const at = (name: string) => path.join(place, name);

  beforeAll(async () => {
    place = await temporaryFolder();
    port = await freePort();
    const room = await filmRoom(at("room.h264.mkv"));
    const small = await filmRoom(at("small.h264.mkv"), { width: 320, height: 240 });
    const modern = await filmRoom(at("modern.h265.mkv"), { codec: "h265" });
    films = { room, small, modern, changing: await joinFilms(at("changing.h264.mkv"), room, small) };
  }, 120_000);
  afterAll(() => rm(place, { recursive: true, force: true }));

  async function serve(film: string, login?: Parameters<typeof startRtspServer>[0]["login"], secure?: Filed) {
    const more = { ...(login && { login }), ...(secure && { secure }) };
    const server = await startRtspServer({ port, films: { cam: film }, ...more });
    servers.push(server);
    return server;
  }

  const optionsOf = (more: object = {}) =>
    rtsp.options.parse({
      driver: "rtsp",
      url: `rtsp://127.0.0.1:${port}/cam`,
      ...{ width: 320, height: 180, framesPerSecond: 5 },
      ...more,
    });

  const look = (more: object = {}) =>
    lookThrough((context) => rtsp.open(optionsOf(more), context), {
      ...{ stalledAfterSeconds: 2, frozenAfterSeconds: 15 },
    });

  describe("on a quiet day", () => {
    let server: RtspServer;
    beforeAll(async () => {
      server = await startRtspServer({ port, films: { cam: films.room } });
    });
    afterAll(() => server.close());
    describeCamera("rtsp", async () => ({
      framesPerSecond: 5,
      length: "live",
      open: (context) => rtsp.open(optionsOf(), context),
    }));
  });

  describe("in trouble", () => {
    afterEach(async () => {
      await stopLooking();
      await Promise.all(servers.splice(0).map((each) => each.close()));
      expect(childProcesses()).toEqual([]);
    });

    it.each(["room", "modern"] as const)("show the room as it is (%s)", async (film) => {
      await serve(films[film]);
      const { frames, sees, changes } = look();
      await sees(6);
      expect(changes).toEqual(["opening", "ok"]);
      const shrink = thumbnails([]);
      const drawn = edgesOf(shrink(await drawRoom({ second: 900 })));
      const { unshifted, across, down } = shiftBetween(drawn, edgesOf(shrink(frames.at(-1)!)));
      expect([across, down]).toEqual([0, 0]);
      expect(unshifted).toBeGreaterThan(0.6);
    });

    it.each(["basic", "digest"] as const)(
      "are let in with their password (%s), which shows nowhere",
      async (scheme) => {
        const password = "s3cr&t p@ss'word";
        await serve(films.room, { user: "viewer", password, scheme });
        const { sees, logged, changes } = look({ username: "viewer", password });
        await sees();
        expect(changes).toEqual(["opening", "ok"]);
        const ffmpegs = childProcesses().filter((pid) => pid !== servers[0]!.child.pid);
        const lines = ffmpegs.map(commandLine).join("\n");
        expect(lines).toContain("ffmpeg");
        for (const text of [lines, logged.join()]) {
          expect(text).not.toContain("s3cr");
          expect(text).not.toContain("viewer");
        }
      },
    );

    it.each([
      ["a wrong password", { username: "viewer", password: "wrong-pass" }],
      ["none", {}],
    ])("say that they are refused with %s, without repeating it", async (_, login) => {
      await serve(films.room, { user: "viewer", password: "right", scheme: "digest" });
      const { says, codes, changes, logged } = look(login);
      await says("refuses user and password");
      expect(codes.at(-1)).toBe("CAMERA_REFUSED");
      expect(changes.at(-1)).toContain(`rtsp://127.0.0.1:${port}/cam`);
      expect([...changes, ...logged].join()).not.toContain("wrong-pass");
    });

    it("follow a password that is changed, once it is changed here too", async () => {
      const file = at("password");
      await writeFile(file, "first\n");
      const login = { user: "viewer", scheme: "digest" } as const;
      const server = await serve(films.room, { ...login, password: "first" });
      const { sees, says } = look({ username: "viewer", password: { file } });
      await sees();
      await server.close();
      await serve(films.room, { ...login, password: "second" });
      await says("refuses user and password");
      await writeFile(file, "second\n");
      await sees();
      await says("ok");
    }, 60_000);

    it("come back after their server was killed, with another codec and size", async () => {
      const server = await serve(films.room);
      const { sees, says, changes, frames } = look();
      await sees();
      await server.close();
      await says("lost");
      await serve(films.modern);
      await sees();
      await says("ok");
      expect(changes.some((each) => each.startsWith("lost: camera front: "))).toBe(true);
      expect(new Set(frames.map(({ rgb }) => rgb.length))).toEqual(new Set([320 * 180 * 3]));
    }, 60_000);

    it("are stalled while they send nothing, and come back", async () => {
      const server = await serve(films.room);
      const { sees, says } = look();
      await sees();
      server.child.kill("SIGSTOP");
      await says("stalled");
      server.child.kill("SIGCONT");
      await sees();
      await says("ok");
    }, 60_000);

    it("are not asked for what their microphone hears", async () => {
      const server = await startRtspServer({ port, films: { cam: films.room }, sound: true });
      servers.push(server);
      await look().sees();
      expect(server.askedFor()).toEqual(["/cam/stream=0"]);
    });

    it.skipIf(older === null)(
      "are looked through by an ffmpeg older than 5.0 too, which is told the password where others can see it: that is said",
      async () => {
        const password = "s3cr&t p@ss'word";
        const login = { user: "viewer", password, scheme: "digest" } as const;
        const server = await startRtspServer({ port, films: { cam: films.room }, login, sound: true });
        servers.push(server);
        const { sees, changes, logged } = look({ username: "viewer", password, ffmpeg: older! });
        await sees();
        expect(changes).toEqual(["opening", "ok"]);
        expect(logged.join()).toContain("older than 5.0: the camera's password stands in the machine's list");
        expect(logged.join()).not.toContain("s3cr");
        expect(server.askedFor()).toEqual(["/cam/stream=0"]);
      },
    );

    it("keep the size of their pictures when the stream changes its own on the way", async () => {
      await serve(films.changing);
      const { sees, frames, changes } = look();
      await sees(18); // more than three seconds, two of the film's changes
      expect(new Set(frames.map(({ rgb }) => rgb.length))).toEqual(new Set([320 * 180 * 3]));
      expect(changes.slice(0, 2)).toEqual(["opening", "ok"]);
      // 320 × 240 in a picture of 16:9 has bars at its sides; 640 × 360 has none.
      const barred = frames.map(({ rgb }) => rgb.subarray(0, 3 * 20).every((value) => value < 8));
      expect(new Set(barred)).toEqual(new Set([true, false]));
    }, 60_000);

    it("say when nothing answers, and when there is no such stream", async () => {
      const nobody = look();
      await nobody.says("nothing answers at 127.0.0.1");
      // A recorder's fourth camera: no answer 401.
      await look({ url: `rtsp://127.0.0.1:${port}/Streaming/Channels/401` }).says(
        "nothing answers at 127.0.0.1",
      );
      await serve(films.room);
      const lost = look({ url: `rtsp://127.0.0.1:${port}/other?token=hidden` });
      await lost.says("there is no stream at rtsp://127.0.0.1");
      expect([...lost.changes, ...lost.logged].join()).not.toContain("hidden");
    });
  });

  describe.skipIf(!speaksTls)("over TLS (skipped without glib-networking)", () => {
    let certificates: TestCertificates;
    beforeAll(async () => {
      certificates = await makeCertificates(place);
    });
    afterEach(async () => {
      await stopLooking();
      await Promise.all(servers.splice(0).map((each) => each.close()));
      expect(childProcesses()).toEqual([]);
    });
    const securely = (more: object = {}) => look({ url: `rtsps://127.0.0.1:${port}/cam`, ...more });

    it("are looked through when their authority is named, the password being shown to nobody", async () => {
      const login = { user: "viewer", password: "s3cr&t", scheme: "digest" } as const;
      const server = await serve(films.room, login, certificates.servers.good);
      const { sees, says, changes, logged } = securely({
        ...{ username: "viewer", password: "s3cr&t", certificateFile: certificates.authority },
      });
      await sees();
      expect(changes).toEqual(["opening", "ok"]);
      const ffmpegs = childProcesses().filter((pid) => pid !== server.child.pid);
      const lines = ffmpegs.map(commandLine).join("\n");
      expect(lines).toContain("ffmpeg");
      expect([lines, ...logged].join()).not.toContain("s3cr");
      await server.close();
      await says("lost");
      await serve(films.room, login, certificates.servers.good);
      await sees();
    }, 60_000);

    it("are told nothing when their certificate is of nobody known, another's, or too old", async () => {
      const { good, elsewhere, expired } = certificates.servers;
      const authority = { certificateFile: certificates.authority };
      for (const [shown, trust, says] of [
        [good, {}, "that nobody known here has signed"],
        [good, { certificateFile: elsewhere.files.certificate }, "another certificate than the one in"],
        [elsewhere, authority, "that is made out to another name"],
        [expired, authority, "that has expired"],
      ] as const) {
        const server = await serve(films.room, undefined, shown);
        const watched = securely(trust);
        await watched.says(`127.0.0.1:${port} shows`);
        expect(watched.changes.at(-1)).toContain(says);
        expect(watched.frames).toEqual([]);
        await stopLooking();
        await server.close();
      }
    }, 60_000);

    it("may show the very certificate that is named, whatever name and dates stand in it", async () => {
      const { expired } = certificates.servers;
      await serve(films.room, undefined, expired);
      await securely({ certificateFile: expired.files.certificate }).sees();
    });

    it("say that there is no TLS, and that the file holds no certificate", async () => {
      await serve(films.room);
      await securely().says("no TLS comes about");
      const unreadable = securely({ certificateFile: films.room });
      await unreadable.says("there is no certificate in it");
      expect(unreadable.codes.at(-1)).toBe("TLS_UNREADABLE");
    });
  });
});

describe("the last words of ffmpeg about a camera by RTSP", () => {
  /** Opens a camera by a program that reads where it is, says just that, and ends. */
  async function saidOf(words: string): Promise<GatewayError> {
    const program = path.join(await temporaryFolder(), "ffmpeg");
    const script = `[ "$1" = -version ] && echo 'ffmpeg version 5.1.9' && exit\ncat > /dev/null\ncat >&2 <<'WORDS'\n${words}\nWORDS\nexit 1`;
    await writeFile(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const wanted = { driver: "rtsp", url: "rtsp://127.0.0.1/Streaming/Channels/401", ffmpeg: program };
    const context = { name: "front", clock, log: pino({ level: "silent" }), pace: "live" } as const;
    const camera = await rtsp.open(rtsp.options.parse(wanted), context);
    const thrown = await camera.next().catch((error) => error);
    await camera.close();
    return thrown;
  }

  it.each([
    [
      "[rtsp @ 0x55d0] method DESCRIBE failed: 401 Unauthorized",
      "CAMERA_REFUSED",
      "refuses user and password",
    ],
    ["pipe:0: Server returned 403 Forbidden (access denied)", "CAMERA_REFUSED", "refuses user and password"],
    ["[rtsp @ 0x55d0] method SETUP failed: 404 Not Found", "CAMERA_LOST", "there is no stream at"],
    // Numbers of a damaged picture are no answer: after one of these it would not have been tried again for long.
    ["[h264 @ 0x55d0] error while decoding MB 57 46, bytestream 401", "CAMERA_LOST", "bytestream 401"],
    ["[hevc @ 0x55d0] Could not find ref with POC 403", "CAMERA_LOST", "POC 403"],
    ["[NULL @ 0x55d0] Invalid NAL unit size (404 > 401).", "CAMERA_LOST", "Invalid NAL unit size"],
    ["", "CAMERA_LOST", "the stream ended"],
  ])("are told in ours (%s)", async (words, code, says) => {
    expect(await saidOf(words)).toMatchObject({ code, message: expect.stringContaining(says) });
  });

  it.each([
    "[concat @ 0x55d0] Impossible to open 'rtsp://viewer:it's@127.0.0.1:554/s'",
    "rtsp://viewer:it's@127.0.0.1:554/s: Invalid data found when processing input",
  ])("tell no password, nor what stands in it behind an apostrophe (%s)", async (words) => {
    expect((await saidOf(words)).message).not.toContain("s@127.0.0.1");
  });
});

describe("the address of a camera by RTSP", () => {
  const read = (url: string) => rtsp.options.safeParse({ driver: "rtsp", url });
  it("must be one, and must not hold a password, which would show in logs", () => {
    expect(read("rtsp://camera.example/1").success).toBe(true);
    expect(read("rtsps://camera.example/1?a=b").success).toBe(true);
    expect(read("http://camera.example/1").error?.issues[0]?.message).toContain("rtsp://");
    expect(read("camera").success).toBe(false);
    expect(read("rtsp://a:b@camera.example/1").error?.issues[0]?.message).toContain("password");
  });

  it.each([
    ["rtsp://c.example:554/1?pwd=x", "rtsp://c.example:554/1"],
    [
      "rtsp://c.example/user=admin_password=tl.Jw-pb_channel=1_stream=0.sdp",
      "rtsp://c.example/user=admin_password=…_channel=1_stream=0.sdp",
    ],
    ["rtsp://c.example/user=admin&password=&channel=1", "rtsp://c.example/user=admin&password=…&channel=1"],
    ["https://c.example/passage/PWD=a/x", "https://c.example/passage/PWD=…/x"],
  ])("is told without a password, wherever the camera wants it (%s)", (address, told) => {
    expect(tellable(address)).toBe(told);
  });
});
