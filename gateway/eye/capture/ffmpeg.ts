import { constants } from "node:fs";
import { access } from "node:fs/promises";
import path from "node:path";
import { failure } from "../../errors.ts";
import { type Program, runProgram } from "./program.ts";

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

/**
 * Starts ffmpeg. It ends by itself once it writes what nobody reads any more; where it may have nothing to write, `dying`
 * sees to that it does not outlive us. Its words are what went wrong, in two lines at most.
 */
export function runFfmpeg(
  program: string,
  options: readonly string[],
  { dying = [] }: { readonly dying?: readonly string[] } = {},
): Program {
  const { ended, ...running } = runProgram(program, [...QUIETLY, ...options], { dying });
  return { ...running, ended: ended.then(({ code, words }) => ({ code, words: plain(words) })) };
}

/** What it is told whatever it does. */
export const QUIETLY = ["-nostdin", "-hide_banner", "-loglevel", "error"];

/** Two lines at most, without the `[mov,mp4 @ 0x55…]` in front and without our own URL. */
export function plain(words: string): string {
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
