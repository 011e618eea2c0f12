import { type ChildProcess, execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { packageRoot } from "../../gateway/paths.ts";
import type { Frame } from "../../gateway/terms.ts";
import type { Filed } from "./certificates.ts";
import { run } from "./films.ts";
import { drawRoom } from "./pictures.ts";
import { start, stop, until } from "./programs.ts";

const program = path.join(packageRoot, "test/support/rtspServer.py");
/** Debian's own Python, which is the one that Debian's GStreamer comes with. */
const PYTHON = "/usr/bin/python3";

/** Whether GStreamer's RTSP server is there (Debian: gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good). */
export const rtspServerIsThere: Promise<boolean> = promisify(execFile)(PYTHON, [program, "--help"])
  .then(() => promisify(execFile)("gst-inspect-1.0", ["rtph264pay"]).then(() => true))
  .catch(() => false);

/** Whether it can speak TLS as well (Debian: glib-networking). */
export const rtspServerSpeaksTls: Promise<boolean> = promisify(execFile)(PYTHON, [
  "-c",
  "from gi.repository import Gio; raise SystemExit(not Gio.TlsBackend.get_default().supports_tls())",
]).then(
  () => rtspServerIsThere,
  () => false,
);

export interface RtspServer {
  readonly child: ChildProcess;
  /** The tracks that clients wanted, in order: `/cam/stream=0`. */
  askedFor(): string[];
  close(): Promise<void>;
}

interface Serving {
  readonly port: number;
  /** Film by mount. */
  readonly films: Readonly<Record<string, string>>;
  /** With a certificate it speaks TLS. */
  readonly secure?: Filed;
  readonly login?: { readonly user: string; readonly password: string; readonly scheme: "basic" | "digest" };
  /** Whether it has a microphone too. */
  readonly sound?: boolean;
}

/** A real RTSP server on loopback that streams films. Resolves when it listens. */
export async function startRtspServer({
  port,
  films,
  secure,
  login,
  sound = false,
}: Serving): Promise<RtspServer> {
  const mounts = Object.entries(films).map(([mount, film]) => `${mount}=${film}`);
  const guard = login ? ["--user", login.user, "--password", login.password, "--scheme", login.scheme] : [];
  const shown = secure ? ["--certificate", secure.files.certificate, "--key", secure.files.key] : [];
  const more = [...guard, ...shown, ...(sound ? ["--sound"] : [])];
  const { child, said } = start(PYTHON, [program, String(port), ...mounts, ...more]);
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`the RTSP server ended: ${said()}`);
      return said().includes("ready") || undefined;
    },
    25,
    "the RTSP server to listen",
  );
  return {
    child,
    askedFor: () => [...said().matchAll(/^asked for (.*)$/gm)].map(([, track]) => track!),
    close: () => stop(child, "SIGKILL"),
  };
}

/** The lesson's pictures: drawing takes longer than filming. */
let drawn: Promise<Frame[]> | undefined;

/** Twenty seconds of the drawn classroom, ten pictures a second. */
export async function filmRoom(
  file: string,
  {
    codec = "h264",
    width = 640,
    height = 360,
  }: { codec?: "h264" | "h265"; width?: number; height?: number } = {},
): Promise<string> {
  drawn ??= Promise.all([20, 200, 400, 900].map((second) => drawRoom({ second })));
  const raw = `${file}.rgb`;
  await writeFile(raw, Buffer.concat((await drawn).map(({ rgb }) => rgb)));
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", "640x360", "-r", "2", "-stream_loop", "-1"];
  const coder = codec === "h264" ? "libx264" : "libx265";
  const coded = ["-c:v", coder, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10", "-bf", "0"];
  // Noise, as every sensor has it.
  const scaled = ["-vf", `fps=10,scale=${width}:${height},noise=alls=6:allf=t`, "-t", "20"];
  await run("-loglevel", "error", "-y", ...input, "-i", raw, ...scaled, ...coded, file);
  return file;
}

/** A film that changes its size every second and a half: H.264 may say so in the middle of a stream. */
export async function joinFilms(file: string, first: string, second: string): Promise<string> {
  const parts = await Promise.all(
    [first, second].map(async (film, index) => {
      const part = `${file}.${index}.h264`;
      await run("-loglevel", "error", "-y", "-t", "1.5", "-i", film, "-c", "copy", "-f", "h264", part);
      return readFile(part);
    }),
  );
  const joined = path.join(path.dirname(file), "joined.h264");
  await writeFile(joined, Buffer.concat([...parts, ...parts, ...parts]));
  await run("-loglevel", "error", "-y", "-r", "10", "-f", "h264", "-i", joined, "-c", "copy", file);
  return file;
}
