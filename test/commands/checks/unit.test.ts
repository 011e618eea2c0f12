import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { propertiesIn } from "../../../gateway/commands/checks/ask.ts";
import { checkUnit, unitFindings } from "../../../gateway/commands/checks/unit.ts";
import { packageRoot } from "../../../gateway/paths.ts";
import { temporaryFolder } from "../../support/places.ts";
import { standIn } from "../../support/standIn.ts";

/** As `systemctl show` prints a service that is in order. */
const SHOWN = `LoadState=loaded
ActiveState=active
SubState=running
Result=success
ExecMainStatus=0
UnitFileState=enabled
NRestarts=0
NeedDaemonReload=no
FragmentPath=/etc/systemd/system/focus-gateway.service
DropInPaths=/etc/systemd/system/focus-gateway.service.d/override.conf
`;
const about = (changes: Record<string, string>, differs = false) =>
  unitFindings({ ...propertiesIn(SHOWN), ...changes }, differs).map(
    ({ result, says }) => `${result}: ${says}`,
  );

it("is content with a service that runs, and names what was changed about it", () => {
  expect(about({})).toEqual(["ok: active (running), enabled, with override.conf"]);
  expect(about({ DropInPaths: "" })).toEqual(["ok: active (running), enabled"]);
});

it.each<[Record<string, string>, string]>([
  [
    { ActiveState: "failed", SubState: "failed", Result: "exit-code", ExecMainStatus: "2" },
    "failed: it failed (exit-code, exit code 2)",
  ],
  [
    { ActiveState: "activating", SubState: "auto-restart", NRestarts: "7" },
    "failed: it ends again and again (7 times so far)",
  ],
  [{ ActiveState: "inactive", SubState: "dead" }, "warning: it is stopped"],
  [{ NRestarts: "1" }, "warning: active; systemd had to start it again 1 times"],
  [{ UnitFileState: "disabled" }, "warning: it does not start with the machine"],
  [{ UnitFileState: "masked" }, "warning: it is masked"],
  [{ NeedDaemonReload: "yes" }, "warning: its unit was changed, and systemd has not read it again"],
])("says what is wrong with %j", (changes, says) => {
  expect(about(changes)).toEqual([says]);
});

it("says everything that is wrong at once, its unit of another version too", () => {
  expect(about({ ActiveState: "inactive", UnitFileState: "disabled" }, true)).toHaveLength(3);
});

it.each([
  ["there is no systemctl", null],
  ["systemd does not run", "exit 1"],
  ["there is no such service", "echo LoadState=not-found"],
])("says nothing where %s (with a systemctl that stands in)", async (_, script) => {
  await standIn("systemctl", script);
  expect(await checkUnit()).toEqual([]);
});

it("asks systemd about the service, and compares its unit with the packaged one (with a systemctl that stands in)", async () => {
  const unit = path.join(await temporaryFolder(), "focus-gateway.service");
  const packaged = await readFile(path.join(packageRoot, "packaging", "focus-gateway.service"), "utf8");
  await writeFile(unit, packaged.replace("@NODE@", "/usr/local/bin/node"));
  await standIn("systemctl", `cat <<'TEXT'\n${SHOWN.replace(/(?<=FragmentPath=).*/, unit)}TEXT`);
  expect(await checkUnit()).toMatchObject([{ result: "ok" }]);
  await writeFile(unit, packaged.replace("MemoryMax=3G", "MemoryMax=1G"));
  expect(await checkUnit()).toMatchObject([
    { result: "warning", says: "its unit is not the one of this version" },
  ]);
});
