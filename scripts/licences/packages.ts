import { readFileSync } from "node:fs";
import path from "node:path";
import { packageRoot } from "../../gateway/paths.ts";

/** A package that the program brings along, on some machine or other. */
export interface Package {
  readonly name: string;
  readonly version: string;
  /** What the package says of itself; null where it says nothing, or not as npm wants it. */
  readonly licence: string | null;
  readonly hasInstallScript: boolean;
  /** Only for building and testing. */
  readonly dev: boolean;
}

interface Locked {
  readonly version?: string;
  readonly license?: unknown;
  readonly hasInstallScript?: boolean;
  readonly dev?: boolean;
}

/**
 * Every package of the lock file, those for other machines than this one included: what a school's Jetson installs must be
 * known here.
 */
export function lockedPackages(): Package[] {
  const lock = JSON.parse(readFileSync(path.join(packageRoot, "package-lock.json"), "utf8"));
  return Object.entries<Locked>(lock.packages)
    .filter(([place]) => place !== "")
    .map(([place, { version = "", license, hasInstallScript = false, dev = false }]) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: typeof license === "string" ? license : null,
      hasInstallScript,
      dev,
    }));
}
