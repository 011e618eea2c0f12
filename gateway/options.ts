import { readFileSync } from "node:fs";
import { z } from "zod";
import { failure, reason } from "./errors.ts";

/** Building blocks for the parts' option schemas. */

/** A point in a picture, `[x, y]` in shares of its width and height from the top left. */
export const pointInPicture = () => z.array(z.number().min(0).max(1)).length(2);
/** A closed shape in a picture: its corners in order, the last joined to the first. */
export const areaInPicture = () => z.array(pointInPicture()).min(3);

export const port = () => z.int().min(0).max(65535);

export const loopback = "127.0.0.1";

/** True for addresses that only this machine reaches. */
export const isLoopback = (host: string) => /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/.test(host);

/**
 * A secret: the text itself, or (better) where to read it from. The value is read when the config is loaded;
 * a schema never prints it.
 */
export const secret = () =>
  z
    .union([
      z.string().min(1),
      z.strictObject({ file: z.string().describe("File whose first line is the secret.") }),
      z.strictObject({ env: z.string().describe("Environment variable that holds the secret.") }),
    ])
    .meta({ secret: true });

export type Secret = z.infer<ReturnType<typeof secret>>;

/** Reads a secret from where it stands. Throws CONFIG_SECRET. */
export function revealSecret(source: Secret, environment: NodeJS.ProcessEnv = process.env): string {
  if (typeof source === "string") return source;
  if ("env" in source) {
    const value = environment[source.env];
    if (!value) throw failure("CONFIG_SECRET", { source: `the environment variable ${source.env}` });
    return value;
  }
  try {
    return readFileSync(source.file, "utf8").split("\n", 1)[0]!.trim();
  } catch (error) {
    throw failure("CONFIG_SECRET", { source: `${source.file} (${reason(error)})` }, error);
  }
}
