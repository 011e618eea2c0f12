import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { failure, GatewayError, reason } from "../../../errors.ts";
import { revealSecret } from "../../../options.ts";
import { cameraDriver } from "../camera.ts";
import { findFfmpeg, plain, QUIETLY } from "../ffmpeg.ts";
import { addressOptions, loginOptions, tellable } from "../login.ts";
import { certificateOptions, connectSecurely } from "../secure.ts";
import { asRaw, sizeOptions } from "../size.ts";
import { playStream } from "../stream.ts";
import { openTunnel, type Tunnel } from "../tunnel.ts";

const options = z.strictObject({
  driver: z.literal("rtsp"),
  url: addressOptions("rtsp", "rtsps")
    .describe("The stream's address, without user and password.")
    .meta({ examples: ["rtsp://192.0.2.10:554/stream1"] }),
  ...loginOptions,
  ...certificateOptions,
  ...sizeOptions,
  ffmpeg: z.string().min(1).optional().describe("The ffmpeg to use. Found by itself if left out."),
});
export type RtspOptions = z.output<typeof options>;

/** A network camera's H.264 or H.265, over TCP, decoded by ffmpeg. */
export const rtsp = cameraDriver({
  pictures: "filmed",
  options,
  async open(wanted, context) {
    const program = await findFfmpeg(wanted.ffmpeg);
    const address = withLogin(wanted);
    const secretive = tellable(wanted.url) !== address;
    const hidden = await readsLists(program);
    if (secretive && !hidden) {
      context.log.warn(
        "this ffmpeg is older than 5.0: the camera's password stands in the machine's list of processes",
      );
    }
    const tunnel = await secured(wanted, context.name);
    const reached = tunnel === null ? address : throughDoor(address, tunnel.port);
    const { input, args } = hidden ? fromList(reached) : fromArguments(reached);
    const stream = await playStream(
      {
        program,
        args: [...QUIETLY, ...LOW_DELAY, ...args, ...asRaw(wanted)],
        ...(input !== undefined && { input }),
        ...{ width: wanted.width, height: wanted.height },
        explain: (words) => explain(words, wanted, context.name),
      },
      context,
    );
    return {
      next: stream.next,
      async close() {
        await stream.close();
        tunnel?.close();
      },
    };
  },
});

/**
 * For `rtsps`, a connection to somebody who has shown that it is the camera; null for `rtsp`. ffmpeg does not look whom it
 * talks to: for RTSP its TLS takes none of the options `tls_verify` and `ca_file` (5.1: refused as an argument, passed over
 * in silence in a list).
 */
async function secured({ url, certificateFile }: RtspOptions, camera: string): Promise<Tunnel | null> {
  const address = new URL(url);
  if (address.protocol !== "rtsps:") return null;
  try {
    return await openTunnel(await connectSecurely(address, RTSPS_PORT, certificateFile));
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failure("CAMERA_LOST", { camera, problem: reason(error) }, error);
  }
}

/** IANA: RTSP over TLS. */
const RTSPS_PORT = 322;

function throughDoor(address: string, port: number): string {
  const door = new URL(address);
  door.protocol = "rtsp:";
  door.host = `127.0.0.1:${port}`;
  return door.href;
}

/** One thread: with more, H.264 is decoded several pictures behind. Guessing the stream's rate first would take seconds. */
const LOW_DELAY = [
  ...["-fflags", "nobuffer", "-flags", "low_delay", "-threads", "1"],
  ...["-fpsprobesize", "0"],
];

function withLogin({ url, username, password }: RtspOptions): string {
  const address = new URL(url);
  if (username !== undefined) address.username = encodeURIComponent(username);
  if (password !== undefined) address.password = encodeURIComponent(revealSecret(password));
  return username === undefined && password === undefined ? url : address.href;
}

/** Pictures, and nothing else that a camera has to offer: what its microphone hears is not even asked for. */
const ASKED_FOR = [
  ["rtsp_transport", "tcp"],
  ["allowed_media_types", "video"],
] as const;

/**
 * The address in a list that ffmpeg reads from its standard input, for its arguments can be read by every user of the
 * machine. https://ffmpeg.org/ffmpeg-formats.html#concat-1, `option` since 5.0.
 */
function fromList(address: string): { args: string[]; input: string } {
  const quoted = address.replaceAll("'", "'\\''");
  const told = [["fpsprobesize", "0"], ...ASKED_FOR].map(([option, value]) => `option ${option} ${value}\n`);
  return {
    input: `ffconcat version 1.0\nfile '${quoted}'\n${told.join("")}`,
    // What a camera answers must not make ffmpeg open something else.
    args: [
      ...["-f", "concat", "-safe", "0", "-protocol_whitelist", "pipe,rtsp,rtp,tcp"],
      ...["-use_wallclock_as_timestamps", "1", "-i", "pipe:0"],
    ],
  };
}

function fromArguments(address: string): { args: string[]; input?: undefined } {
  const told = ASKED_FOR.flatMap(([option, value]) => [`-${option}`, value]);
  return { args: [...told, "-use_wallclock_as_timestamps", "1", "-i", address] };
}

/** Releases state their version; builds from a later day than a release start with N or a date. */
async function readsLists(program: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(program, ["-version"]).catch(() => ({ stdout: "" }));
  const major = /^ffmpeg version n?(\d+)\.\d/.exec(stdout)?.[1];
  const year = /Copyright \(c\) \d+-(\d{4})/.exec(stdout)?.[1];
  return major === undefined ? Number(year) >= 2022 : Number(major) >= 5;
}

/**
 * ffmpeg's words in ours. Its own can hold the whole address, with the password, or with a number that looks like an answer's:
 * `/Streaming/Channels/401` is a recorder's fourth camera. So they are read, and passed on, without it.
 */
function explain(said: string, { url }: RtspOptions, camera: string) {
  const place = tellable(url);
  const { host, hostname } = new URL(url);
  const words = said.replace(/'?rtsps?:\/\/\S+/g, "the stream");
  const answer = ANSWER.exec(words)?.[1];
  if (answer === "401" || answer === "403") return failure("CAMERA_REFUSED", { camera, place });
  if (answer === "404") return `there is no stream at ${place} (404)`;
  if (/connection refused/i.test(words)) return `nothing answers at ${host} (connection refused)`;
  if (/no route|unreachable|timed out/i.test(words)) return `${host} cannot be reached`;
  if (/failed to resolve|name or service/i.test(words)) return `nobody knows where ${hostname} is`;
  const rest = plain(words);
  return rest === "" ? "the stream ended" : rest;
}

/**
 * `method DESCRIBE failed: 401 Unauthorized` (libavformat/rtsp.c), and as an error's name. A number elsewhere is none: what
 * is said of a damaged picture ends with `bytestream 401`.
 */
const ANSWER = /\b(?:method [A-Z_]+ failed:|Server returned) (\d{3})\b/;
