import { execFile } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import pino from "pino";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../../gateway/clock.ts";
import { http } from "../../../gateway/eye/capture/cameras/http.ts";
import { findFfmpeg } from "../../../gateway/eye/capture/ffmpeg.ts";
import { describeCamera } from "../../contracts/camera.ts";
import { startWebCamera, type WebCamera } from "../../support/camera.ts";
import { makeCertificates } from "../../support/certificates.ts";
import { drawRoom } from "../../support/pictures.ts";
import { freePort, temporaryFolder } from "../../support/places.ts";
import { childProcesses } from "../../support/processes.ts";
import { findProgram, start, until } from "../../support/programs.ts";
import { lookThrough, stopLooking } from "./look.ts";

let pictures: Buffer[];
let place: string;
beforeAll(async () => {
  place = await temporaryFolder();
  pictures = await Promise.all(
    [20, 200, 400].map(async (second) => {
      const { width, height, rgb } = await drawRoom({ second });
      return sharp(rgb, { raw: { width, height, channels: 3 } })
        .jpeg()
        .toBuffer();
    }),
  );
}, 60_000);
afterAll(() => rm(place, { recursive: true, force: true }));

const opened: WebCamera[] = [];
afterEach(async () => {
  await stopLooking();
  await Promise.all(opened.splice(0).map((each) => each.close()));
});

async function serve(more: Partial<Parameters<typeof startWebCamera>[0]> = {}): Promise<WebCamera> {
  const camera = await startWebCamera({ pictures, ...more });
  opened.push(camera);
  return camera;
}

const small = { width: 320, height: 240, framesPerSecond: 5 };
const optionsOf = (url: string, more: object = {}) =>
  http.options.parse({ driver: "http", url, ...small, ...more });

for (const [kind, page] of [
  ["a stream", "stream"],
  ["single pictures", "picture.jpg"],
] as const) {
  describeCamera(`http, ${kind}`, async () => ({
    framesPerSecond: 5,
    length: "live",
    async open(context) {
      const { port } = await serve();
      return http.open(optionsOf(`http://127.0.0.1:${port}/${page}`), context);
    },
  }));
}

/** On a busy machine a picture may take a while; who waits for a camera to fall silent, or to freeze, waits for less. */
const BRIEFLY = { stalledAfterSeconds: 1, frozenAfterSeconds: 1 };
const look = (
  url: string,
  more: object = {},
  patience = { stalledAfterSeconds: 10, frozenAfterSeconds: 15 },
) => lookThrough((context) => http.open(optionsOf(url, more), context), patience);

describe("cameras by HTTP", () => {
  it.each(["stream", "picture.jpg"])(
    "are let in by Digest and by Basic (%s), also when a nonce is used up",
    async (page) => {
      for (const scheme of ["digest", "basic"] as const) {
        const camera = await serve();
        camera.login = { scheme, user: "viewer", password: 'p"a:ss' };
        const { sees, changes } = look(`http://127.0.0.1:${camera.port}/${page}?channel=1`, {
          ...{ username: "viewer", password: 'p"a:ss' },
        });
        await sees(5);
        expect(changes).toEqual(["opening", "ok"]);
      }
    },
  );

  it("say that they are refused, and do not ask again and again", async () => {
    const camera = await serve();
    camera.login = { scheme: "digest", user: "viewer", password: "right" };
    const { says, changes } = look(`http://127.0.0.1:${camera.port}/stream?pwd=hidden`, {
      ...{ username: "viewer", password: "wrong-pass" },
    });
    await says(`http://127.0.0.1:${camera.port}/stream refuses user and password`);
    expect(camera.asked()).toBe(2);
    expect(changes.join()).not.toMatch(/wrong-pass|hidden/);
  });

  it("are asked again when they have just closed the connection that was kept", async () => {
    const camera = await serve();
    camera.hasty = true;
    const { sees, changes } = look(`http://127.0.0.1:${camera.port}/picture.jpg`);
    await sees(5);
    expect(changes).toEqual(["opening", "ok"]);
  });

  it("are lost when they fall over in the middle of a picture, and nobody asks them behind that", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      if (asked === 1) return void response.writeHead(200, { "content-type": "image/jpeg" }).end(pictures[0]);
      response.writeHead(200, { "content-type": "image/jpeg", "content-length": "1000" }).write("\xff");
      setTimeout(() => request.socket.resetAndDestroy(), 100);
    });
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    const camera = await http.open(optionsOf(`http://127.0.0.1:${port}/`), {
      ...{ name: "front", clock, log: pino({ level: "silent" }), pace: "live" },
    });
    expect((await camera.next())!.sequence).toBe(0);
    await expect(camera.next()).rejects.toThrow("it hung up");
    await sleep(300);
    expect(asked).toBe(2);
    await camera.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it("need not say that it is a picture what they send", async () => {
    const { port } = await serve();
    const { sees, changes } = look(`http://127.0.0.1:${port}/unnamed`);
    await sees();
    expect(changes).toEqual(["opening", "ok"]);
  });

  it("may be ffmpeg, which has its own way with a stream of parts", async () => {
    const port = await freePort();
    const args = ["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=s=640x480:r=10", "-f", "mpjpeg"];
    const kind = ["-content_type", "multipart/x-mixed-replace;boundary=ffmpeg", "-listen", "1"];
    start(await findFfmpeg(), [...args, ...kind, `http://127.0.0.1:${port}/`]);
    const { sees, changes } = look(`http://127.0.0.1:${port}/`);
    await sees(5);
    expect(changes.at(-1)).toBe("ok"); // it takes a moment until it listens
  });

  it("follow a password that is changed, once it is changed here too", async () => {
    const camera = await serve();
    const file = path.join(place, "password");
    await writeFile(file, "first\n");
    camera.login = { scheme: "digest", user: "viewer", password: "first" };
    const { sees, says, codes } = look(`http://127.0.0.1:${camera.port}/picture.jpg`, {
      ...{ username: "viewer", password: { file } },
    });
    await sees();
    camera.login = { ...camera.login, password: "second" };
    await says("refuses user and password");
    expect(codes.at(-1)).toBe("CAMERA_REFUSED");
    await writeFile(file, "second\n");
    await sees();
    await says("ok");
  }, 60_000);

  it("leave nothing open behind them, however often they are lost and whatever they were doing then", async () => {
    const camera = await serve();
    const context = { name: "front", clock, log: pino({ level: "silent" }), pace: "live" } as const;
    const openFiles = async () => (await readdir("/proc/self/fd")).length;
    const again = async (page: string) => {
      for (let count = 0; count < 40; count += 1) {
        const opened = await http.open(optionsOf(`http://127.0.0.1:${camera.port}/${page}`), context);
        await Promise.race([opened.next(), sleep(20)]).catch(() => {});
        await opened.close();
      }
    };
    await again("stream");
    const before = await openFiles();
    for (const page of ["stream", "picture.jpg", "page", "nothing"]) await again(page);
    camera.silent = true;
    await again("stream");
    await until(async () => (await openFiles()) <= before || undefined, 10, "the connections to be gone");
  }, 60_000);

  it("keep their shape: another one gets bars", async () => {
    const { port } = await serve();
    const { sees, frames } = look(`http://127.0.0.1:${port}/stream`);
    await sees(1);
    const { width, height, rgb } = frames[0]!;
    expect([width, height]).toEqual([320, 240]);
    expect(rgb.subarray(0, 320 * 3 * 25).every((value) => value === 0)).toBe(true); // 180 of 240 rows are picture
    expect(rgb.subarray(320 * 3 * 60, 320 * 3 * 61).some((value) => value > 50)).toBe(true);
  });

  it("are read without lengths too", async () => {
    const { port } = await serve({ lengths: false });
    const { sees, changes } = look(`http://127.0.0.1:${port}/stream`);
    await sees(5);
    expect(changes).toEqual(["opening", "ok"]);
  });

  it("are stalled while they send nothing, lost when they are gone, and come back", async () => {
    const camera = await serve();
    const { sees, says } = look(`http://127.0.0.1:${camera.port}/stream`, {}, BRIEFLY);
    await sees();
    camera.silent = true;
    await says("stalled");
    camera.silent = false;
    await sees();
    await says("ok");
    await camera.close();
    await says("lost");
  });

  it("are frozen when they send the same picture for ever, and are well again with another", async () => {
    const showing = [pictures[0]!];
    const { port } = await serve({ pictures: showing });
    const { sees, says } = look(`http://127.0.0.1:${port}/picture.jpg`, {}, BRIEFLY);
    await says("frozen");
    showing.push(pictures[1]!);
    await sees();
    await says("ok");
  });

  it("pass over a picture that is broken, and say so when all are", async () => {
    const broken = pictures[0]!.subarray(0, 400);
    const some = await serve({ pictures: [pictures[0]!, broken, pictures[1]!] });
    const mostly = look(`http://127.0.0.1:${some.port}/stream`);
    await mostly.sees(5);
    expect(mostly.changes).toEqual(["opening", "ok"]);
    const all = await serve({ pictures: [broken] });
    await look(`http://127.0.0.1:${all.port}/stream`).says("its pictures cannot be read");
  });

  it("are not given the memory for a picture that says it is larger than any camera's", async () => {
    const huge = Buffer.from(pictures[0]!);
    const frameHeader = huge.indexOf(Buffer.from("ffc0", "hex")); // SOF0: length, precision, height, width
    huge.writeUInt16BE(8000, frameHeader + 5);
    huge.writeUInt16BE(8000, frameHeader + 7);
    const { port } = await serve({ pictures: [huge] });
    await look(`http://127.0.0.1:${port}/stream`).says("exceeds pixel limit");
  });

  it("say what else is at that address", async () => {
    const { port } = await serve();
    await look(`http://127.0.0.1:${port}/nothing`).says(
      `there is nothing at http://127.0.0.1:${port}/nothing (404)`,
    );
    await look(`http://127.0.0.1:${port}/moved`).says("sends us elsewhere (302)");
    await look(`http://127.0.0.1:${port}/page`).says("text/html");
    await look("http://127.0.0.1:9/").says("nothing answers");
  });

  it("start no process", async () => {
    const { port } = await serve();
    await look(`http://127.0.0.1:${port}/stream`).sees();
    expect(childProcesses()).toEqual([]);
  });
});

describe.skipIf(findProgram("openssl") === null)("cameras by HTTPS (skipped without openssl)", () => {
  /** One that a camera signs itself, with a name that nobody calls it by. */
  async function certificate(name: string) {
    const [key, cert] = [path.join(place, `${name}.key`), path.join(place, `${name}.pem`)];
    const kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=IPCAM-0815"];
    await promisify(execFile)("openssl", ["req", ...kind, "-keyout", key, "-out", cert]);
    return { file: cert, key: await readFile(key), cert: await readFile(cert) };
  }

  it("are trusted by the certificate that is named, and by no other", async () => {
    const own = await certificate("own");
    const other = await certificate("other");
    const { port } = await serve({ secure: own });
    const url = `https://127.0.0.1:${port}/stream`;
    await look(url).says("that nobody known here has signed");
    await look(url, { certificateFile: own.file }).sees();
    await look(url, { certificateFile: other.file }).says("another certificate than the one in");
  });
});

describe("cameras by HTTPS with an authority", () => {
  it.each(["stream", "picture.jpg"])("are looked through when it is named (%s)", async (page) => {
    const { authority, servers } = await makeCertificates(place);
    const { certificate: cert, key } = servers.good;
    const camera = await serve({ secure: { cert, key } });
    camera.login = { scheme: "digest", user: "viewer", password: "right" };
    const login = { username: "viewer", password: "right" };
    await look(`https://127.0.0.1:${camera.port}/${page}`, { certificateFile: authority, ...login }).sees();
  });

  it("are told nothing when their certificate is of nobody known, another's, or too old", async () => {
    const { authority, servers } = await makeCertificates(place);
    for (const [name, certificateFile, says] of [
      ["good", undefined, "that nobody known here has signed"],
      ["good", servers.elsewhere.files.certificate, "another certificate than the one in"],
      ["elsewhere", authority, "that is made out to another name"],
      ["expired", authority, "that has expired"],
    ] as const) {
      const { certificate: cert, key } = servers[name];
      const camera = await serve({ secure: { cert, key } });
      const watched = look(`https://127.0.0.1:${camera.port}/stream`, { certificateFile });
      await watched.says(says);
      expect(camera.asked()).toBe(0);
    }
  });

  it("may show the very certificate that is named, whatever name and dates stand in it", async () => {
    const { servers } = await makeCertificates(place);
    for (const { certificate: cert, key, files } of [servers.elsewhere, servers.expired]) {
      const { port } = await serve({ secure: { cert, key } });
      await look(`https://127.0.0.1:${port}/stream`, { certificateFile: files.certificate }).sees();
    }
  });

  it("say that there is no TLS, and that the file cannot be used", async () => {
    const { port } = await serve();
    await look(`https://127.0.0.1:${port}/stream`).says("no TLS comes about");
    const url = `https://127.0.0.1:${port}/stream`;
    const watched = look(url, { certificateFile: path.join(place, "nowhere.pem") });
    await watched.says("nowhere.pem for TLS");
    expect(watched.codes.at(-1)).toBe("TLS_UNREADABLE");
  });
});
