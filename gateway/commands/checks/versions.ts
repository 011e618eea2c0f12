import { lastAudited } from "../../audit.ts";
import type { Config } from "../../config.ts";
import { version } from "../../version.ts";
import { type Finding, ok, warning } from "./finding.ts";

/** This program, and the version that has last started with this data folder, as its audit log has it. */
export async function checkVersions({ dataFolder }: Config, running: boolean): Promise<Finding> {
  const last = (await lastAudited(dataFolder, "started"))?.about.version;
  const says = `this is ${version}`;
  if (last === undefined) return ok("version", `${says}; nothing has run with this data folder yet`);
  if (last === version)
    return ok("version", `${says}, as the ${running ? "gateway that runs" : "last that ran"}`);
  const other = `${says}, and the gateway that ${running ? "runs" : "last ran"} with this data folder is ${last}`;
  return running
    ? warning("version", other, "Start the gateway anew, or ask the doctor that came with it.")
    : isNewer(String(last), version)
      ? warning(
          "version",
          other,
          "A newer version may have written what this one cannot read: go back to it.",
        )
      : ok("version", `${says}; the last that ran was ${last}`);
}

const isNewer = (one: string, other: string): boolean =>
  one.localeCompare(other, "en", { numeric: true }) > 0;
