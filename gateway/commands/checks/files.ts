import { stat } from "node:fs/promises";
import type { Config } from "../../config.ts";
import { reason } from "../../errors.ts";
import { isSecretKey } from "../../fleet/hide.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** The files that a config names for passwords, tokens and keys; `here`: whether such a thing stands in the config itself. */
export function secretsNamedIn(config: unknown): {
  readonly files: readonly string[];
  readonly here: boolean;
} {
  const files = new Set<string>();
  let here = false;
  (function look(value: unknown): void {
    if (value === null || typeof value !== "object") return;
    for (const [key, inner] of Object.entries(value)) {
      if (!isSecretKey(key)) look(inner);
      else if (typeof inner === "string") here = true;
      else if (typeof inner?.file === "string") files.add(inner.file);
    }
    // A key stands beside its certificate; elsewhere the word means other things.
    if ("certificate" in value && "key" in value) files.add(String(value.key));
  })(config);
  return { files: [...files], here };
}

const OTHERS = 0o007;

/**
 * Whoever else works on this machine must not read passwords, tokens and keys.
 * @param configFiles what the config was read from.
 */
export async function checkSecrets(config: Config, configFiles: readonly string[]): Promise<Finding[]> {
  const { files, here } = secretsNamedIn(config);
  const guarded = [...files, ...(here ? configFiles : [])];
  const findings = await Promise.all(guarded.map(open));
  const ill = findings.filter((finding) => finding !== null);
  return ill.length > 0 ? ill : [ok("secrets", `${guarded.length} files with secrets, none open to others`)];
}

async function open(file: string): Promise<Finding | null> {
  try {
    const { mode } = await stat(file);
    if ((mode & OTHERS) === 0) return null;
    const says = `${file} is open to everybody on this machine (${(mode & 0o777).toString(8)})`;
    return warning("secrets", says, `Close it: chmod o= ${file}`);
  } catch (error) {
    return failed("secrets", reason(error), "Create the file, or correct its place in the config.");
  }
}
