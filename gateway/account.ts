import { createHash } from "node:crypto";
import { type About, type AuditEntry, type Audited, audit, lastAudited } from "./audit.ts";
import type { Config } from "./config.ts";
import type { Clock } from "./terms.ts";
import { version } from "./version.ts";

/** The gateway's own entries in the audit log, from its start to its stop. */
export interface Account {
  /** Resolves when it is on disk. Rejects with AUDIT_UNWRITABLE. */
  add(kind: Audited, about: About): Promise<void>;
  /** Number and hash of the last entry, `12@1f0c…`: told with the health, so that a log cut short shows. */
  readonly head: string;
  close(): Promise<void>;
}

/**
 * Writes down that the gateway has started and with which config, and whether that is another one than the last time.
 * Rejects with AUDIT_UNWRITABLE: what cannot be accounted for is not begun.
 */
export async function openAccount(config: Config, clock: Clock): Promise<Account> {
  const { dataFolder, privacy } = config;
  const before = (await lastAudited(dataFolder, "started"))?.about.config;
  const now = configHash(config);
  let last: AuditEntry;
  let closed = false;

  async function add(kind: Audited, about: About): Promise<void> {
    last = await audit(dataFolder, kind, about, clock);
  }

  if (before !== undefined && before !== now) await add("config_changed", { from: before, to: now });
  await add("started", { version, profile: privacy.profile, config: now });
  return {
    add,
    get head() {
      return `${last.n}@${last.hash.slice(0, 16)}`;
    },
    async close() {
      if (closed) return;
      closed = true;
      await add("stopped", {});
    },
  };
}

/**
 * Of everything that is configured: always the same for the same config on the same machine. A password in it cannot be
 * guessed from eight bytes of a digest over all.
 */
export const configHash = (config: Config): string =>
  createHash("sha256").update(JSON.stringify(config)).digest("hex").slice(0, 16);
