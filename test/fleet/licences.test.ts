import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { licenceProblems, scriptProblems } from "../../scripts/licences/check.ts";
import { modelFiles } from "../../scripts/licences/models.ts";
import { lockedPackages, type Package } from "../../scripts/licences/packages.ts";
import { temporaryFolder } from "../support/places.ts";

const packages = lockedPackages();
const { allowScripts } = JSON.parse(readFileSync(path.join(packageRoot, "package.json"), "utf8"));

const one = (more: Partial<Package>): Package => ({
  name: "some",
  version: "1.0.0",
  licence: "MIT",
  hasInstallScript: false,
  dev: false,
  ...more,
});

describe("licences", () => {
  it("are known and fit, for every package that comes along on any machine", () => {
    expect(packages.length).toBeGreaterThan(500);
    expect(licenceProblems(packages)).toEqual([]);
  });

  it("are refused where they ask for more, or are unknown, unless the package itself was decided about", () => {
    const refused = (more: Partial<Package>) => licenceProblems([one(more)]).length > 0;
    expect(refused({ licence: "GPL-3.0-only" })).toBe(true);
    expect(refused({ licence: "AGPL-3.0-or-later" })).toBe(true);
    expect(refused({ licence: "SEE LICENSE IN LICENSE" })).toBe(true);
    expect(refused({ licence: "LGPL-3.0-or-later" })).toBe(true);
    expect(refused({ licence: null })).toBe(true);
    expect(refused({ licence: "MIT AND GPL-3.0-only" })).toBe(true);
    expect(refused({ licence: "(MIT OR GPL-3.0-only)" })).toBe(false);
    expect(refused({ licence: "Apache-2.0 AND MIT" })).toBe(false);
    expect(refused({ name: "@img/sharp-win32-x64", licence: "Apache-2.0 AND LGPL-3.0-or-later" })).toBe(
      false,
    );
    expect(refused({ name: "@img/sharp-win32-x64", licence: "AGPL-3.0-only" })).toBe(true);
    expect(refused({ licence: "GPL-3.0-only", dev: true })).toBe(false);
  });

  it("are known for every network of every pack", () => {
    const models = modelFiles();
    expect(new Set(models.map(({ pack }) => pack))).toEqual(new Set(["default", "attention"]));
    for (const { file, licence, sha256 } of models) {
      expect(["MIT", "Apache-2.0"], file).toContain(licence);
      expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });
});

describe("packages that run a script when they are installed", () => {
  it("have all been decided about", () => {
    expect(packages.filter(({ hasInstallScript }) => hasInstallScript).length).toBeGreaterThan(3);
    expect(scriptProblems(packages, allowScripts)).toEqual([]);
  });

  it("are named when a new one comes, and when one goes", () => {
    expect(scriptProblems([one({ hasInstallScript: true })], {})).toEqual([
      expect.stringMatching(/^some runs a script/),
    ]);
    expect(scriptProblems([one({ hasInstallScript: true })], { some: false })).toEqual([]);
    expect(scriptProblems([one({})], { some: true })).toEqual([
      expect.stringMatching(/^some is in .* no script/),
    ]);
  });
});

describe("the list of all that the program is made of", () => {
  it("is CycloneDX, made without a network: packages and networks, each with licence and hash", async () => {
    const out = path.join(await temporaryFolder(), "sbom.json");
    execFileSync(process.execPath, [path.join(packageRoot, "dist", "scripts", "sbom.js"), out], {
      stdio: ["ignore", "ignore", "pipe"],
      // Whoever asks a registry gets no answer from there.
      env: { ...process.env, npm_config_registry: "http://127.0.0.1:9" },
    });
    const bom = JSON.parse(readFileSync(out, "utf8"));
    expect(bom).toMatchObject({ bomFormat: "CycloneDX", specVersion: expect.stringMatching(/^1\.[5-9]$/) });
    const named = (name: string) =>
      bom.components.find((component: { name: string }) => component.name === name);
    expect(named("mqtt")).toMatchObject({
      purl: expect.stringMatching(/^pkg:npm\/mqtt@/),
      licenses: [{ license: { id: "MIT" } }],
    });
    expect(named("pause")).toMatchObject({ licenses: [{ license: { id: "MIT" } }] });
    expect(named("vitest")).toBeUndefined();
    const models = bom.components.filter(({ type }: { type: string }) => type === "machine-learning-model");
    expect(
      models.map(({ name, hashes }: { name: string; hashes: { content: string }[] }) => [
        name,
        hashes[0]!.content,
      ]),
    ).toEqual(modelFiles().map(({ file, sha256 }) => [file, sha256]));
    const references = bom.components.map((component: Record<string, string>) => component["bom-ref"]);
    expect(new Set(references).size).toBe(references.length);
  }, 60_000);
});
