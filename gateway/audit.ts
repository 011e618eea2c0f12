import { createHash } from "node:crypto";
import { open, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { makeDataFolder } from "./dataFolder.ts";
import { failure, GatewayError, reason } from "./errors.ts";
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
export async function audit(
  dataFolder: string,
  kind: Audited,
  about: About,
  clock: Clock,
): Promise<AuditEntry> {
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
        await handle.write(`${torn ? "\n" : ""}${JSON.stringify(entry)}\n`);
        await handle.datasync();
      } finally {
        await handle.close();
      }
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

/** A turn lasts milliseconds; one that is older was left behind by a crash. */
const TURN_MS = 10_000;

async function takeTurn(lock: string, clock: Clock): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await (await open(lock, "wx", 0o600)).close();
      return () => rm(lock, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const taken = await stat(lock).catch(() => null);
    if (taken && Date.now() - taken.mtimeMs > TURN_MS) await rm(lock, { force: true });
    await clock.sleep(5);
  }
}

/** The last whole entry, and whether a torn line stands after it. */
async function readEnd(file: string): Promise<{ last: AuditEntry | null; torn: boolean }> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const lines = text.split("\n");
  const last = lines.map(readLine).findLast((entry) => entry !== null) ?? null;
  return { last, torn: lines.at(-1) !== "" };
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
