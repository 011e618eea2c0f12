import { readFile } from "node:fs/promises";
import path from "node:path";
import { packageRoot } from "../../paths.ts";
import { askProgram, propertiesIn } from "./ask.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const UNIT = "focus-gateway.service";
const ASKED = [
  "LoadState",
  "ActiveState",
  "SubState",
  "Result",
  "ExecMainStatus",
  "UnitFileState",
  "NRestarts",
  "NeedDaemonReload",
  "FragmentPath",
  "DropInPaths",
];
const JOURNAL = "`journalctl -u focus-gateway` says why.";

/** The service, where packaging/install.sh has laid one; nothing where there is none, or no systemd. */
export async function checkUnit(): Promise<Finding[]> {
  const said = await askProgram("systemctl", ["show", UNIT, `--property=${ASKED.join(",")}`]);
  if (said === null) return [];
  const unit = propertiesIn(said);
  if (unit.LoadState === "not-found") return [];
  const differs = await differsFromPackaged(unit.FragmentPath ?? "");
  return unitFindings(unit, differs);
}

/** @param differs from the unit that came with this version. */
export function unitFindings(
  {
    ActiveState,
    SubState,
    Result,
    ExecMainStatus,
    UnitFileState,
    NRestarts,
    NeedDaemonReload,
    DropInPaths,
  }: Readonly<Record<string, string>>,
  differs: boolean,
): Finding[] {
  const restarts = Number(NRestarts ?? 0);
  const findings: Finding[] = [];
  const warn = (says: string, advice: string) => findings.push(warning("service", says, advice));
  if (ActiveState === "failed")
    findings.push(failed("service", `it failed (${Result}, exit code ${ExecMainStatus})`, JOURNAL));
  else if (SubState === "auto-restart")
    findings.push(failed("service", `it ends again and again (${restarts} times so far)`, JOURNAL));
  else if (ActiveState === "inactive")
    warn("it is stopped", "`sudo systemctl start focus-gateway` starts it.");
  else if (restarts > 0) warn(`${ActiveState}; systemd had to start it again ${restarts} times`, JOURNAL);
  if (UnitFileState === "disabled")
    warn("it does not start with the machine", "`sudo systemctl enable focus-gateway` has it do so.");
  if (UnitFileState === "masked")
    warn("it is masked", "`sudo systemctl unmask focus-gateway` lets it start.");
  if (NeedDaemonReload === "yes")
    warn(
      "its unit was changed, and systemd has not read it again",
      "`sudo systemctl daemon-reload && sudo systemctl restart focus-gateway`",
    );
  if (differs)
    warn(
      "its unit is not the one of this version",
      "Install again (packaging/install.sh); what you want otherwise belongs into `systemctl edit focus-gateway`.",
    );
  if (findings.length > 0) return findings;
  const changes = DropInPaths
    ? `, with ${DropInPaths.split(" ")
        .map((file) => path.basename(file))
        .join(", ")}`
    : "";
  return [ok("service", `${ActiveState} (${SubState}), ${UnitFileState}${changes}`)];
}

/** The installer fills in where Node is; all else is as it was packaged. */
async function differsFromPackaged(file: string): Promise<boolean> {
  const packaged = await readFile(path.join(packageRoot, "packaging", UNIT), "utf8").catch(() => null);
  const installed = await readFile(file, "utf8").catch(() => null);
  if (packaged === null || installed === null) return false;
  const anyNode = (text: string) => text.replace(/^(ExecStart=)\S+/m, "$1@NODE@");
  return anyNode(packaged) !== anyNode(installed);
}
