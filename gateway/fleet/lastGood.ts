import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Config, configSchema, loadConfig } from "../config.ts";
import { makeDataFolder } from "../dataFolder.ts";
import { replaceFile, syncFolder } from "../folders.ts";
import { merge, readLayers } from "../layers.ts";
import type { Clock } from "../terms.ts";

/** A config that has run for so long is a good one: whatever does not come up has fallen by then. */
const GOOD_AFTER_MS = 10 * 60_000;

/**
 * Keeps the config in that file once it has run for ten minutes: all layers in one, whole or not at all, for the gateway's
 * user only, as secrets may stand in it.
 */
export async function keepIfGood(
  config: Config,
  file: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  await clock.sleep(GOOD_AFTER_MS, signal);
  if (signal.aborted) return;
  const folder = path.dirname(path.resolve(file));
  await makeDataFolder(folder);
  // JSON is YAML, and every file's name in it is absolute: it can be loaded from anywhere.
  await replaceFile(file, `${JSON.stringify(config, null, 2)}\n`, 0o600);
  await syncFolder(folder);
}

/**
 * The config that was kept there, to run in place of the `given` one; null when there is none that this version can use.
 *
 * What the given one was to forbid stays forbidden: unless it can be read that nothing has changed in what is seen and what
 * is said about people, the cameras stay shut (profile `off`). Everything else, sensors first, goes on.
 */
export async function readLastGood(file: string, given: string): Promise<Config | null> {
  const config = await loadConfig(file).catch(() => null);
  if (config === null || (await sees(config, given))) return config;
  const { privacy, protect } = config;
  return { ...config, privacy: { ...privacy, profile: "off" }, protect: { ...protect, zones: [] } };
}

/** The parts of a config that decide on what is seen, and what is said of it. */
const ABOUT_PEOPLE = ["cameras", "protect", "privacy", "sensors"] as const;

/** Whether the given config says the same about people; no, if that cannot be read from it. */
async function sees(config: Config, given: string): Promise<boolean> {
  try {
    const { value } = merge(await readLayers(given));
    return ABOUT_PEOPLE.every((key) => {
      const wanted = configSchema.shape[key].safeParse((value as Record<string, unknown>)[key]);
      return wanted.success && isDeepStrictEqual(plain(wanted.data), plain(config[key]));
    });
  } catch {
    return false;
  }
}

/** As it is after it was written down and read again. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
