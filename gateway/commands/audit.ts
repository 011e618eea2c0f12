import { auditFile, checkAudit } from "../audit.ts";
import { loadConfig } from "../config.ts";
import { failure } from "../errors.ts";
import type { Terminal } from "./terminal.ts";

/** Prints the audit log of the config's data folder, oldest first. Throws AUDIT_BROKEN when its chain does not hold. */
export async function showAudit(terminal: Terminal, configFile: string | undefined): Promise<void> {
  const { dataFolder } = await loadConfig(configFile);
  const { entries, problems } = await checkAudit(dataFolder);
  for (const entry of entries) {
    const { n, time, kind, about } = entry;
    const details = Object.entries(about).filter(([, value]) => value !== null);
    terminal.emit(entry);
    terminal.say(
      `${String(n).padStart(5)}  ${time}  ${kind.padEnd(14)}  ${details.map(([key, value]) => `${key}=${value}`).join("  ")}`,
    );
  }
  if (entries.length === 0) terminal.say("Nothing has been written down yet.");
  if (problems.length > 0) throw failure("AUDIT_BROKEN", { file: auditFile(dataFolder), problems });
}
