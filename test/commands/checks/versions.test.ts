import { expect, it } from "vitest";
import { audit } from "../../../gateway/audit.ts";
import { systemClock } from "../../../gateway/clock.ts";
import { checkVersions } from "../../../gateway/commands/checks/versions.ts";
import { loadConfig } from "../../../gateway/config.ts";
import { version } from "../../../gateway/version.ts";
import { temporaryFolder } from "../../support/places.ts";

it.each<[string | null, boolean, string]>([
  [null, false, "ok"],
  [version, true, "ok"],
  ["0.0.9", false, "ok"],
  ["0.0.9", true, "warning"],
  ["999.0.0", false, "warning"],
])("the last to have run was %s, and runs still: %s: %s", async (last, running, result) => {
  const config = { ...(await loadConfig(undefined)), dataFolder: await temporaryFolder() };
  if (last !== null) {
    await audit(config.dataFolder, "started", { version: last }, systemClock);
    await audit(config.dataFolder, "stopped", {}, systemClock);
  }
  const finding = await checkVersions(config, running);
  expect(finding.result).toBe(result);
  expect(finding.says).toContain(`this is ${version}`);
  if (last !== null && last !== version) expect(finding.says).toContain(last);
});
