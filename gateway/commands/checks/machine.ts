import { stat, statfs } from "node:fs/promises";
import type { Config } from "../../config.ts";
import { askProgram, propertiesIn } from "./ask.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** Less than this and the gateway will soon be dropping data. */
const LITTLE_DISK_MB = 1_000;
/** Spool, journal and store make a few dozen files; others on the same disk make more. */
const FEW_INODES = 1_000;

/** Space and inodes for the data folder. */
export async function checkDisk({ dataFolder }: Config): Promise<Finding> {
  const disk = await statfs(dataFolder).catch(() => null);
  if (!disk)
    return warning("disk", "free space cannot be read", "Check that the data folder is on a mounted disk.");
  const megabytes = Math.round((disk.bavail * disk.bsize) / 1e6);
  // Some file systems make inodes as they need them, and say that there are none.
  const hasInodes = disk.files > 0;
  const says = `${megabytes} MB free${hasInodes ? `, ${disk.ffree} inodes` : ""}`;
  if (megabytes < LITTLE_DISK_MB)
    return warning("disk", says, "Free some space: the spool and the store need it.");
  if (hasInodes && disk.ffree < FEW_INODES)
    return warning("disk", says, "There are too many small files on this disk: no more can be made soon.");
  return ok("disk", says);
}

const SET_CLOCK = "Check with `timedatectl` that NTP is on and reached.";

/** A gateway without the right time writes windows where nobody finds them. */
export async function checkClock(): Promise<Finding> {
  const now = new Date();
  const says = now.toISOString();
  if (now.getUTCFullYear() < 2026) return failed("clock", `this machine thinks it is ${says}`, SET_CLOCK);
  return (await isSynchronised())
    ? ok("clock", `${says}, synchronised`)
    : warning("clock", `${says}, not known to be synchronised`, SET_CLOCK);
}

/** The kernel knows, whoever sets its clock; where timedatectl cannot ask it, systemd-timesyncd has left word. */
async function isSynchronised(): Promise<boolean> {
  const said = await askProgram("timedatectl", ["show"]);
  if (said !== null) return propertiesIn(said).NTPSynchronized === "yes";
  return stat("/run/systemd/timesync/synchronized").then(
    () => true,
    () => false,
  );
}
