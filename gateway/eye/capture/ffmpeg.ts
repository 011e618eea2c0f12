import { spawn } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import type { Readable } from "node:stream";
import { failure } from "../../errors.ts";

/**
 * Where ffmpeg is: as configured, else on the PATH, else the one that npm brought along. Throws FFMPEG_MISSING.
 */
export async function findFfmpeg(configured?: string, environment = process.env): Promise<string> {
  const onPath = (environment.PATH ?? "").split(path.delimiter).filter((folder) => folder !== "");
  const candidates = configured ? [configured] : onPath.map((folder) => path.join(folder, "ffmpeg"));
  for (const candidate of candidates) if (await isExecutable(candidate)) return candidate;
  const bundled = configured ? null : await bundledFfmpeg();
  if (bundled && (await isExecutable(bundled))) return bundled;
  throw failure("FFMPEG_MISSING", {});
}

const isExecutable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

async function bundledFfmpeg(): Promise<string | null> {
  try {
    // Not a literal, because the package is optional and the compiler must not insist on its types.
    const name: string = "@ffmpeg-installer/ffmpeg";
    const installer = (await import(name)) as { default: { path: string } };
    return installer.default.path;
  } catch {
    return null; // left out at install, or none for this kind of machine
  }
}

/** A running ffmpeg. */
export interface Ffmpeg {
  /** What it writes to its standard output. Not reading it makes ffmpeg wait. */
  readonly output: Readable;
  /** Resolves when the process is gone: its exit code (null when it was killed) and its own words on what went wrong. */
  readonly ended: Promise<{ readonly code: number | null; readonly words: string }>;
  /** Ends it, whatever it is doing. It is gone when `ended` resolves. */
  kill(): void;
}

/** Starts ffmpeg. It also ends by itself when nobody reads its output any more, so it cannot outlive its reader. */
export function runFfmpeg(program: string, options: readonly string[]): Ffmpeg {
  const child = spawn(program, ["-nostdin", "-hide_banner", "-loglevel", "error", ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, for Ctrl-C in a terminal reaches the whole group: the eye ends it in order instead.
    detached: true,
  });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-WORDS_KEPT);
  });
  child.stdout.on("error", () => {}); // a read that was cut off by kill; `ended` tells
  const ended = new Promise<{ code: number | null; words: string }>((resolve) => {
    child.once("error", (error) => {
      if (child.pid === undefined) resolve({ code: null, words: error.message });
    });
    child.once("close", (code) => resolve({ code, words: plain(words) }));
  });
  return { output: child.stdout, ended, kill: () => void child.kill("SIGKILL") };
}

const WORDS_KEPT = 4096;

/** Two lines at most, without the `[mov,mp4 @ 0x55…]` in front and without our own URL. */
function plain(words: string): string {
  const lines = words
    .split("\n")
    .map((line) =>
      line
        .replace(/^(\[[^\]]* @ 0x[0-9a-f]+\] )+/, "")
        .replace(/^(Error opening input.*: )?file:\S.*?: /, "")
        .trim(),
    )
    .filter((line) => line !== "");
  return [...new Set(lines)].slice(0, 2).join("; ");
}
