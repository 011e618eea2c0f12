import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The folder that holds package.json, whether this runs from source or from `dist/`. */
export const packageRoot: string = (() => {
  let folder = path.dirname(fileURLToPath(import.meta.url));
  while (!existsSync(path.join(folder, "package.json"))) folder = path.dirname(folder);
  return folder;
})();

/** Where the gateway keeps its models, spool and store unless told otherwise: $FOCUS_GATEWAY_DATA, else the XDG state folder. */
export function defaultDataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const state = environment.XDG_STATE_HOME ?? path.join(homedir(), ".local", "state");
  return environment.FOCUS_GATEWAY_DATA ?? path.join(state, "focus-gateway");
}
