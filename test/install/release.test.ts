import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { appendFile, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { version } from "../../gateway/version.ts";
import { temporaryFolder } from "../support/places.ts";

const run = promisify(execFile);

it("makes a release with everything that the installer needs, and a signature that holds for it alone", async () => {
  const folder = await temporaryFolder();
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const keys = { private: path.join(folder, "private.pem"), public: path.join(folder, "public.pem") };
  await writeFile(keys.private, privateKey.export({ type: "pkcs8", format: "pem" }));
  await writeFile(keys.public, publicKey.export({ type: "spki", format: "pem" }));
  await run(process.execPath, ["scripts/release.js", "--out", folder, "--key", keys.private], {
    cwd: packageRoot,
  });

  const tarball = path.join(folder, `focus-gateway-${version}.tgz`);
  const { stdout } = await run("tar", ["-tvzf", tarball], { maxBuffer: 10_000_000 });
  const listed = new Map(
    stdout
      .trim()
      .split("\n")
      .map((line) => [line.split(" package/")[1], line.split(" ")[0]] as const),
  );
  for (const file of [
    "package-lock.json",
    "package.json",
    "bin/focus-gateway.js",
    "dist/gateway/main.js",
    "docker/slim.sh",
    "dist/sbom.cdx.json",
    "docs/it.md",
    "docs/licences.md",
    "packaging/focus-gateway.service",
    "packaging/verify.js",
    "models/packs/default/pack.json",
    "flows/live/flow.json",
  ])
    expect([...listed.keys()]).toContain(file);
  // The database's image runs only what may be executed.
  for (const file of ["packaging/install.sh", "docker/handover.sh", "docker/influxdb/accounts.sh"])
    expect(listed.get(file)).toMatch(/^-rwxr-xr-x/);
  expect(stdout).not.toMatch(/secrets\/|\.pem\n|test\/fixtures/);

  const packed = async (file: string) =>
    (await run("tar", ["-xzOf", tarball, `package/${file}`], { maxBuffer: 50_000_000 })).stdout;
  const { metadata, components } = JSON.parse(await packed("dist/sbom.cdx.json"));
  expect(metadata.component).toMatchObject({ name: "focus-gateway", version });
  const made: { name: string; type: string; licenses?: object[]; hashes?: object[] }[] = components;
  expect(made.find(({ name }) => name === "onnxruntime-node")?.licenses).toHaveLength(1);
  const networks = made.filter(({ type }) => type === "machine-learning-model");
  expect(networks.length).toBeGreaterThan(0);
  for (const { licenses, hashes } of networks)
    expect([licenses, hashes]).toEqual([[expect.anything()], [expect.anything()]]);
  expect(await packed("docs/licences.md")).toContain("onnxruntime-node");

  const verify = (...args: string[]) =>
    run(process.execPath, ["packaging/verify.js", tarball, ...args], { cwd: packageRoot }).then(
      ({ stdout }) => stdout.trim(),
      (error: { stderr: string }) => error.stderr.trim(),
    );
  const [hash] = (await readFile(`${tarball}.sha256`, "utf8")).split(" ");
  expect(await verify()).toBe(hash);
  expect(await verify(keys.public)).toBe(hash);
  await appendFile(tarball, "x");
  expect(await verify()).toContain("the hash is another one");
  expect(await verify(keys.public)).toContain("the signature is not of this file");
}, 60_000);
