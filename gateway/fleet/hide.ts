import { readFileSync } from "node:fs";

/** What stands in a secret's place. */
const HIDDEN = "[hidden]";

/** Keys of the config that hold secrets; `test/fleet/hide.test.ts` asserts that the schema has no others. */
export const isSecretKey = (key: string): boolean => /^(password|passwordHash|token)$/.test(key);

/** Keeps what names a secret's place, `{ file }` or `{ env }`: that is what goes wrong, and it tells nothing. */
const isPlace = (value: unknown): value is { readonly file?: string; readonly env?: string } =>
  value !== null && typeof value === "object" && ("file" in value || "env" in value);

/** A plain value as it may be shown: without secrets, and with addresses cut down to the machine they name. */
export function withoutSecrets(value: unknown): unknown {
  return rebuilt(value, (key, inner) => {
    if (isSecretKey(key)) return isPlace(inner) ? inner : HIDDEN;
    if (key === "username") return HIDDEN; // It may be a person's.
    return typeof inner === "string" ? withoutAddresses(inner) : undefined;
  });
}

/**
 * `rtsp://user:pass@camera:554/stream?key=1` → `rtsp://camera:554/…`. Cameras and web hooks take passwords in any part of
 * their address, the path included (`/user=admin_password=…`), so no more than the host is kept.
 */
export function withoutAddresses(text: string): string {
  return text.replace(
    /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/?#"'`]*@)?([^\s/?#"'`]*)([/?#][^\s"'`]*)?/gi,
    (_, scheme, _login, host, rest) => `${scheme}${host}${rest === undefined || rest === "/" ? "" : "/…"}`,
  );
}

/**
 * Every secret that such a value holds or names: texts, and what stands in the files and variables it is read from. What
 * cannot be read cannot be told either.
 */
export function secretsOf(value: unknown, environment: NodeJS.ProcessEnv = process.env): string[] {
  const found: string[] = [];
  rebuilt(value, (key, inner) => {
    if (isSecretKey(key))
      found.push(...(isPlace(inner) ? whatStandsAt(inner, environment) : [String(inner)]));
    else if (typeof inner === "string" && URL.canParse(inner))
      found.push(...secretsOfAddress(new URL(inner)));
    return undefined;
  });
  // Shorter ones are words and numbers that stand everywhere, and no secrets.
  return [...new Set(found)].filter((secret) => secret.length >= 4).sort((a, b) => b.length - a.length);
}

/** The text without any of those secrets, plain or as they stand in an address. */
export function scrubbed(text: string, secrets: readonly string[]): string {
  const forms = secrets.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
  ]);
  return forms.reduce((left, secret) => left.replaceAll(secret, HIDDEN), text);
}

const secretsOfAddress = ({ password, searchParams }: URL): string[] => [
  password,
  decoded(password),
  ...searchParams.values(),
];

/** A password may hold a `%` of its own. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function whatStandsAt(
  { file, env }: { readonly file?: string; readonly env?: string },
  environment: NodeJS.ProcessEnv,
): string[] {
  if (env !== undefined) return [environment[env] ?? ""];
  try {
    return [
      readFileSync(file ?? "", "utf8")
        .split("\n", 1)[0]!
        .trim(),
    ];
  } catch {
    return [];
  }
}

/** A copy in which `change` has its say about everything that has a key; what it returns undefined for is gone into. */
function rebuilt(value: unknown, change: (key: string, value: unknown) => unknown, key = ""): unknown {
  const changed = change(key, value);
  if (changed !== undefined) return changed;
  if (Array.isArray(value)) return value.map((item) => rebuilt(item, change, key));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, rebuilt(inner, change, name)]),
  );
}
