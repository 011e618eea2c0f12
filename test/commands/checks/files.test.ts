import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { checkSecrets } from "../../../gateway/commands/checks/files.ts";
import { loadConfig } from "../../../gateway/config.ts";
import { temporaryFolder } from "../../support/places.ts";

async function lay(mqtt: object, mode: number) {
  const folder = await temporaryFolder();
  const config = path.join(folder, "gateway.yaml");
  const tls = { certificate: "own.pem", key: "own-key.pem" };
  await writeFile(
    config,
    stringify({ site: "s", room: "r", mqtt: { url: "mqtts://b", ...mqtt }, show: { health: { tls } } }),
  );
  for (const name of ["password", "own.pem", "own-key.pem"]) {
    await writeFile(path.join(folder, name), "x");
    await chmod(path.join(folder, name), mode);
  }
  await chmod(config, mode);
  return { folder, config, findings: await checkSecrets(await loadConfig(config), [config]) };
}
const named = { password: { file: "password" } };

it("is content with passwords and keys that only the gateway's user and group can read", async () => {
  const { findings } = await lay(named, 0o640);
  expect(findings).toMatchObject([{ result: "ok", says: "2 files with secrets, none open to others" }]);
});

it("warns of each password and key that everybody can read, and not of what is no secret", async () => {
  const { folder, findings } = await lay(named, 0o644);
  expect(findings.map(({ result, says }) => [result, says])).toEqual([
    ["warning", `${folder}/password is open to everybody on this machine (644)`],
    ["warning", `${folder}/own-key.pem is open to everybody on this machine (644)`],
  ]);
});

it("warns of a config that everybody can read when a password stands in it", async () => {
  const { config, findings } = await lay({ password: "right here" }, 0o604);
  expect(findings.map(({ says }) => says)).toContainEqual(expect.stringContaining(`${config} is open`));
  expect(JSON.stringify(findings)).not.toContain("right here");
});

it("says which file is not there", async () => {
  const { findings } = await lay({ password: { file: "nowhere" } }, 0o600);
  expect(findings).toMatchObject([{ result: "failed", says: expect.stringContaining("nowhere") }]);
});
