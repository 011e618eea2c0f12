import { createHash } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { isHeldElsewhere, makeDataFolder, ownMark } from "./dataFolder.ts";
import { failure, GatewayError, reason } from "./errors.ts";
import { syncFolder } from "./folders.ts";
import type { Clock } from "./terms.ts";

/** What somebody may one day have to account for. */
export const AUDITED = [
  "started",
  "stopped",
  "config_changed",
  "cameras_opened",
  "cameras_closed",
  "paused",
  "resumed",
  "exported",
] as const;
export type Audited = (typeof AUDITED)[number];

/** What an entry is about, in plain values: never anything about a person in the room. */
export type About = Readonly<Record<string, string | number | boolean | null>>;

const entrySchema = z.strictObject({
  n: z.int().positive(),
  time: z.iso.datetime(),
  kind: z.enum(AUDITED),
  about: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
  previous: z.string(),
  hash: z.hash("sha256"),
});
export type AuditEntry = z.output<typeof entrySchema>;

/** Where the log of a data folder is: JSON lines, each with the hash of the one before it. */
export const auditFile = (dataFolder: string) => path.join(dataFolder, "audit.jsonl");

/** What the first entry has before it. */
const BEGINNING = "0".repeat(64);

const hashOf = ({ n, time, kind, about, previous }: Omit<AuditEntry, "hash">): string =>
  createHash("sha256")
    .update(JSON.stringify([n, time, kind, about, previous]))
    .digest("hex");

/**
 * Adds one entry, and returns when it is on disk. The gateway and its commands write to the same log, one at a time. A
 * line that a power cut tore is left as it stands and the next follows after it: nothing is ever taken out.
 * Throws AUDIT_UNWRITABLE.
 */
export function audit(dataFolder: string, kind: Audited, about: About, clock: Clock): Promise<AuditEntry> {
  const before = writing.get(dataFolder) ?? Promise.resolve();
  const written = before.then(() => write(dataFolder, kind, about, clock));
  writing.set(
    dataFolder,
    written.catch(() => {}),
  );
  return written;
}

/** This process's own entries, one after the other, in the order in which they were asked for. */
const writing = new Map<string, Promise<unknown>>();

async function write(dataFolder: string, kind: Audited, about: About, clock: Clock): Promise<AuditEntry> {
  const file = auditFile(dataFolder);
  try {
    await makeDataFolder(dataFolder);
    const release = await takeTurn(`${file}.lock`, clock);
    try {
      const { last, torn } = await readEnd(file);
      const facts = {
        n: (last?.n ?? 0) + 1,
        time: new Date(clock.now()).toISOString(),
        kind,
        about,
        previous: last?.hash ?? BEGINNING,
      };
      const entry = { ...facts, hash: hashOf(facts) };
      const handle = await open(file, "a", 0o600);
      try {
        // A disk that is all but full takes a part: `appendFile` goes on, or says so.
        await handle.appendFile(`${torn ? "\n" : ""}${JSON.stringify(entry)}\n`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
      // The log itself is new, and its name must survive a power cut as well.
      if (last === null) await syncFolder(dataFolder);
      return entry;
    } finally {
      await release();
    }
  } catch (error) {
    throw error instanceof GatewayError
      ? error
      : failure("AUDIT_UNWRITABLE", { file, problem: reason(error) }, error);
  }
}

/** A turn lasts milliseconds; one that is older was left behind by a crash, or waits for a disk that is slow. */
const TURN_MS = 10_000;

async function takeTurn(lock: string, clock: Clock): Promise<() => Promise<void>> {
  for (;;) {
    const handle = await open(lock, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
      return null;
    });
    if (handle) {
      const release = () => rm(lock, { force: true });
      try {
        await handle.writeFile(ownMark());
        return release;
      } catch (error) {
        // On a full disk nobody is kept waiting for a turn that came to nothing.
        await release();
        throw error;
      } finally {
        await handle.close();
      }
    }
    if (await isLeftBehind(lock)) await rm(lock, { force: true });
    await clock.sleep(5);
  }
}

/** A card that is worn takes many seconds for a write: two that took turns at once would look like a log that was changed. */
async function isLeftBehind(lock: string): Promise<boolean> {
  const taken = await stat(lock).catch(() => null);
  // Without a battery a clock may stand far before the moment at which the power went.
  if (!taken || Math.abs(Date.now() - taken.mtimeMs) <= TURN_MS) return false;
  return !isHeldElsewhere(await readFile(lock, "utf8").catch(() => ""));
}

/** More than an entry takes, so that one look at the end is enough. */
const BLOCK_BYTES = 64 * 1024;

/**
 * The last whole entry that matches, and whether a torn line stands at the very end. Reads from the end until it has found it:
 * a log of years is not gone through for each line that is added.
 */
async function readEnd(
  file: string,
  matches: (entry: AuditEntry) => boolean = () => true,
): Promise<{ last: AuditEntry | null; torn: boolean }> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (!handle) return { last: null, torn: false };
  try {
    const { size } = await handle.stat();
    let torn = false;
    /** What was read and stands before the first line's end: a line that begins further ahead. */
    let rest = Buffer.alloc(0);
    for (let end = size; end > 0; ) {
      const start = Math.max(0, end - BLOCK_BYTES);
      const block = Buffer.alloc(end - start);
      const { bytesRead } = await handle.read(block, 0, block.length, start);
      if (bytesRead < block.length) throw new Error("it became shorter while it was read");
      if (end === size) torn = block.at(-1) !== NEWLINE;
      const text = Buffer.concat([block, rest]);
      const newline = text.indexOf(NEWLINE);
      const whole = start === 0 ? 0 : newline === -1 ? text.length : newline + 1;
      rest = text.subarray(0, whole);
      for (const line of text.subarray(whole).toString().split("\n").reverse()) {
        const last = readLine(line);
        if (last && matches(last)) return { last, torn };
      }
      end = start;
    }
    return { last: null, torn };
  } finally {
    await handle.close();
  }
}
const NEWLINE = 10;

/** The last entry of that kind; null where there is none. */
export async function lastAudited(dataFolder: string, kind: Audited): Promise<AuditEntry | null> {
  return (await readEnd(auditFile(dataFolder), (entry) => entry.kind === kind)).last;
}

function readLine(line: string): AuditEntry | null {
  try {
    return entrySchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** What came of checking a log: how many entries hold together, and each place where the chain does not. */
export interface AuditCheck {
  readonly entries: readonly AuditEntry[];
  /** `line 12: …`; empty when nothing was changed, taken out or put in. */
  readonly problems: readonly string[];
}

/**
 * Checks every link. What was cut off at the end leaves no trace in the chain itself: the number and hash of the last
 * entry go out with the gateway's health, so that what the database once heard can be compared.
 */
export async function checkAudit(dataFolder: string): Promise<AuditCheck> {
  const text = await readFile(auditFile(dataFolder), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const entries: AuditEntry[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const say = (problem: string) => problems.push(`line ${index + 1}: ${problem}`);
    const entry = readLine(line);
    if (entry === null) {
      say("it is no entry: torn by a power cut, or written by something else");
      continue;
    }
    const before = entries.at(-1);
    if (entry.hash !== hashOf(entry)) say("it was changed after it was written");
    if (entry.previous !== (before?.hash ?? BEGINNING) || entry.n !== (before?.n ?? 0) + 1) {
      say("what stood before it was changed or taken out");
    }
    entries.push(entry);
  }
  return { entries, problems };
}
