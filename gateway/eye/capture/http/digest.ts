import { createHash, randomBytes } from "node:crypto";

/** What a server wants to be told before it answers, from its `WWW-Authenticate` headers. */
export type Challenge =
  | { readonly scheme: "basic" }
  | {
      readonly scheme: "digest";
      readonly realm: string;
      readonly nonce: string;
      readonly opaque: string | undefined;
      readonly hash: "md5" | "sha256";
      readonly algorithm: string | undefined;
      readonly quality: boolean;
    };

/** The best of the challenges that we know: Digest before Basic, which sends the password itself. */
export function readChallenge(headers: readonly string[]): Challenge | null {
  // One header may hold several challenges, each beginning with its scheme.
  const offered = headers.flatMap((header) => header.split(/,\s*(?=(?:basic|digest)\s)/i));
  const digests = offered.filter((text) => /^digest\s/i.test(text)).flatMap((text) => readDigest(text) ?? []);
  // RFC 7616 §3.7: a server that knows several lists the one that it prefers first.
  if (digests[0]) return digests[0];
  return offered.some((text) => /^basic\b/i.test(text)) ? { scheme: "basic" } : null;
}

function readDigest(text: string): Challenge | null {
  const value = (name: string) => {
    const found = new RegExp(`[\\s,]${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,]+))`, "i").exec(text);
    return found?.[1]?.replace(/\\(.)/g, "$1") ?? found?.[2];
  };
  const algorithm = value("algorithm");
  const hash = HASHES[(algorithm ?? "MD5").toUpperCase()];
  const [realm, nonce] = [value("realm"), value("nonce")];
  if (!hash || realm === undefined || nonce === undefined) return null;
  const quality =
    value("qop")
      ?.split(/\s*,\s*/)
      .includes("auth") ?? false;
  return { scheme: "digest", realm, nonce, opaque: value("opaque"), hash, algorithm, quality };
}

const HASHES: Readonly<Record<string, "md5" | "sha256">> = { MD5: "md5", "SHA-256": "sha256" };

export interface Asked {
  readonly username: string;
  readonly password: string;
  /** Path and query, as in the request line. */
  readonly target: string;
  /** How often this challenge has been answered, this time included. */
  readonly count: number;
  readonly clientNonce?: string;
}

/** The `Authorization` header for a GET. RFC 7617 for Basic, RFC 7616 (and RFC 2069, without `qop`) for Digest. */
export function authorization(challenge: Challenge, asked: Asked): string {
  const { username, password, target, count, clientNonce = randomBytes(8).toString("hex") } = asked;
  if (challenge.scheme === "basic")
    return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  const { realm, nonce, opaque, hash, algorithm, quality } = challenge;
  const digest = (text: string) => createHash(hash).update(text).digest("hex");
  const times = count.toString(16).padStart(8, "0");
  const secret = digest(`${username}:${realm}:${password}`);
  const request = digest(`GET:${target}`);
  const between = quality ? `${nonce}:${times}:${clientNonce}:auth` : nonce;
  const quoted = { username, realm, nonce, uri: target, response: digest(`${secret}:${between}:${request}`) };
  const parts = Object.entries({ ...quoted, ...(opaque !== undefined && { opaque }) }).map(
    ([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`,
  );
  if (algorithm !== undefined) parts.push(`algorithm=${algorithm}`);
  if (quality) parts.push(`qop=auth, nc=${times}, cnonce="${clientNonce}"`);
  return `Digest ${parts.join(", ")}`;
}
