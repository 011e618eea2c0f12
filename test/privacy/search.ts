import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { memoryOf } from "../support/memory.ts";
import type { Mark } from "./mark.ts";

/** Where pictures begin: JPEG, PNG, WebP's RIFF container. */
const BEGINNINGS = [
  Buffer.from([0xff, 0xd8, 0xff]),
  Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
  Buffer.from("RIFF"),
];
/** A picture that begins in a haystack is tried with so many bytes after its beginning. */
const LONGEST_PICTURE = 4 * 2 ** 20;
/** Beginnings that are tried in one haystack: three bytes turn up by chance too. */
const MOST_PICTURES = 200;

/** Every sign of the mark in those bytes, in words: a trace of it, or a coded picture that shows it. */
export async function findMark(mark: Mark, haystack: Buffer, traces = mark.traces): Promise<string[]> {
  const found: string[] = [];
  for (const [name, trace] of traces) if (haystack.includes(trace)) found.push(name);
  let tried = 0;
  for (const beginning of BEGINNINGS) {
    for (let at = haystack.indexOf(beginning); at >= 0; at = haystack.indexOf(beginning, at + 1)) {
      tried += 1;
      if (tried > MOST_PICTURES) break;
      const picture = haystack.subarray(at, at + LONGEST_PICTURE);
      if (await mark.shows(picture).catch(() => false)) found.push(`a coded picture at ${at}`);
    }
  }
  return found;
}

/** Signs of the mark in any file below a folder, with the file's name. */
export async function findMarkInFiles(mark: Mark, folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    for (const sign of await findMark(mark, readFileSync(file))) found.push(`${file}: ${sign}`);
  }
  return found;
}

/**
 * Signs of the mark in the memory of a process, which is what its core dump and its heap snapshot would hold. With few
 * traces, for there are hundreds of megabytes, and each trace goes through all of them.
 */
export async function findMarkInMemory(mark: Mark, pid: number): Promise<string[]> {
  const found = new Set<string>();
  const longest = Math.max(...[...mark.fewTraces.values()].map(({ length }) => length));
  for (const chunk of memoryOf(pid, longest)) {
    for (const sign of await findMark(mark, chunk, mark.fewTraces)) found.add(sign);
    if (found.size > 0) break;
  }
  return [...found];
}
