import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Config } from "./config.ts";
import { failure, reason } from "./errors.ts";

/** A certificate that something hangs on, and until when it holds, in ms since the epoch. */
export interface Certificate {
  /** What names it: a key of the config, or who shows it. */
  readonly of: string;
  readonly until: number;
}

const DAY_MS = 86_400_000;
/** So long before its end a certificate is spoken of; `setup` renews in the same time (setup/certificates.ts). */
export const LAST_DAYS = 30;

/** Whole days that are left; negative once it has run out. */
export const daysLeft = ({ until }: Pick<Certificate, "until">, now: number): number =>
  Math.floor((until - now) / DAY_MS);

/**
 * The certificates that a config names: those that this gateway shows, and the authorities by which it knows others.
 * Rejects with TLS_UNREADABLE.
 */
export async function certificatesOf({ broker, show, mqtt, record }: Config): Promise<Certificate[]> {
  const shown: Record<string, string | undefined> = {
    "broker.tls": broker.tls?.certificate,
    "show.live.tls": show.live.tls?.certificate,
    "show.health.tls": show.health.tls?.certificate,
  };
  const trusted: Record<string, string | undefined> = {
    "mqtt.caFile": mqtt.caFile,
    "record.influx.caFile": record.influx?.caFile,
  };
  return [
    // What leads to its authority stands behind it (tlsOptions).
    ...(await read(shown, ([own]) => own!)),
    // One authority of several is enough.
    ...(await read(trusted, (all) => Math.max(...all))),
  ];
}

async function read(
  files: Readonly<Record<string, string | undefined>>,
  choose: (ends: readonly number[]) => number,
): Promise<Certificate[]> {
  const named = Object.entries(files).flatMap(([of, file]) => (file === undefined ? [] : [{ of, file }]));
  return Promise.all(
    named.map(async ({ of, file }) => {
      try {
        return { of, until: choose(endsIn(await readFile(file, "utf8"))) };
      } catch (error) {
        throw failure("TLS_UNREADABLE", { file, problem: reason(error) }, error);
      }
    }),
  );
}

/** When each certificate of a PEM text runs out, in its order. Throws where there is none. */
function endsIn(pem: string): number[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (!found) throw new Error("there is no certificate in it");
  return found.map((one) => Date.parse(new X509Certificate(one).validTo));
}
