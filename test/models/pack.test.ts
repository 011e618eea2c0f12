import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { packageRoot } from "../../gateway/paths.ts";
import { type Manifest, ROLES } from "../../models/manifest.ts";
import { loadManifest, missingModels, packFolder, verifyFiles } from "../../models/pack.ts";
import { fetchPack, type Progress } from "../../models/prepare.ts";
import { temporaryFolder } from "../support/places.ts";
import { packTarball } from "./tarballs.ts";

/** A tiny pack of our own: the same manifest with other bytes, so that a registry on loopback can serve its tarball. */
async function tinyPack(change: { contents?: Record<string, string>; omit?: string } = {}) {
  const base = await loadManifest("default");
  const honest = Object.fromEntries(ROLES.map((role) => [base.models[role].from, `weights of ${role}`]));
  const entries = { ...honest, "package/model/fr_gender.onnx": "must not be kept", ...change.contents };
  const served = Object.fromEntries(Object.entries(entries).filter(([name]) => name !== change.omit));
  const { bytes, integrity, sha256 } = await packTarball(served);
  const models = Object.fromEntries(
    ROLES.map((role) => {
      const content = honest[base.models[role].from]!;
      return [role, { ...base.models[role], bytes: content.length, sha256: sha256(content) }];
    }),
  ) as Manifest["models"];
  const source = { package: "tiny-pack", version: "1.0.0", bytes: bytes.length, integrity };
  return { manifest: { ...base, name: "tiny", source, models }, tarball: bytes };
}

let server: Server | undefined;
afterEach(() => new Promise<void>((done) => (server ? server.close(() => done()) : done())));

/** As much of an npm registry as fetching one package needs; `slowly` sends the tarball a byte at a time. */
async function registry(tarball: Buffer, integrity: string, slowly = false): Promise<string> {
  server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    if (request.url?.endsWith(".tgz")) {
      if (!slowly) return void response.end(tarball);
      response.write(tarball.subarray(0, 20));
      return;
    }
    const dist = { tarball: `${origin}/tiny-pack.tgz`, integrity };
    const version = { name: "tiny-pack", version: "1.0.0", dist };
    const document = { name: "tiny-pack", "dist-tags": { latest: "1.0.0" }, versions: { "1.0.0": version } };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(document));
  });
  server.keepAliveTimeout = 1;
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe("a model pack", () => {
  it("is fetched once, keeps only the files its manifest names, and is verified the second time", async () => {
    const { manifest, tarball } = await tinyPack();
    const folder = path.join(await temporaryFolder(), "models", "tiny-1");
    const progress: Progress[] = [];
    const options = { folder, registry: await registry(tarball, manifest.source!.integrity) };
    const pack = await fetchPack(manifest, { ...options, onProgress: (step) => progress.push(step) });

    expect((await readdir(folder)).sort()).toEqual(ROLES.map((role) => manifest.models[role].file).sort());
    expect(await readFile(pack.models.pose.path, "utf8")).toBe("weights of pose");
    expect(pack.id).toMatch(/^tiny@[0-9a-f]{8}$/);
    expect(JSON.parse(JSON.stringify(pack))).toEqual(pack);
    expect(progress.find(({ phase }) => phase === "fetch")).toBeDefined();
    expect(progress.at(-1)).toMatchObject({ phase: "verify" });

    const offline = { folder, registry: "http://127.0.0.1:9/" };
    expect(await fetchPack(manifest, offline)).toEqual(pack);
  });

  it("accepts files that were placed by hand, whatever the network", async () => {
    const { manifest } = await tinyPack();
    const folder = await temporaryFolder();
    for (const role of ROLES)
      await writeFile(path.join(folder, manifest.models[role].file), `weights of ${role}`);
    await expect(fetchPack(manifest, { folder, registry: "http://127.0.0.1:9/" })).resolves.toBeDefined();
  });

  it("says what to place where when the registry cannot be reached", async () => {
    const { manifest } = await tinyPack();
    const folder = path.join(await temporaryFolder(), "models");
    const attempt = fetchPack(manifest, { folder, registry: "http://127.0.0.1:9/" });
    const error = await attempt.catch((thrown) => thrown);
    expect(error.code).toBe("MODEL_FETCH_FAILED");
    expect(error.message).toContain(folder);
    for (const role of ROLES) {
      expect(error.message).toContain(manifest.models[role].file);
      expect(error.message).toContain(manifest.models[role].sha256);
    }
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
  });

  it("refuses a tarball other than the one its manifest names", async () => {
    const { manifest } = await tinyPack();
    const { tarball, manifest: forged } = await tinyPack({ contents: { "package/extra": "something else" } });
    const folder = path.join(await temporaryFolder(), "models");
    const options = { folder, registry: await registry(tarball, forged.source!.integrity) };
    await expect(fetchPack(manifest, options)).rejects.toMatchObject({ code: "MODEL_HASH" });
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
  });

  it("refuses a file in the right tarball that is not the one its manifest names", async () => {
    const honest = await tinyPack();
    const pose = honest.manifest.models.pose;
    const { manifest, tarball } = await tinyPack({ contents: { [pose.from]: "weights of p0se" } });
    const folder = await temporaryFolder();
    const options = { folder, registry: await registry(tarball, manifest.source!.integrity) };
    await expect(fetchPack(manifest, options)).rejects.toMatchObject({ code: "MODEL_HASH" });
    expect(await readdir(folder)).not.toContain(pose.file);
  });

  it("says so when the tarball lacks a file", async () => {
    const { manifest, tarball } = await tinyPack({ omit: "package/model/fr_eye.onnx" });
    const options = {
      folder: await temporaryFolder(),
      registry: await registry(tarball, manifest.source!.integrity),
    };
    await expect(fetchPack(manifest, options)).rejects.toMatchObject({ code: "MODEL_FETCH_FAILED" });
  });

  it("leaves nothing half when it is interrupted", async () => {
    const { manifest, tarball } = await tinyPack();
    const folder = path.join(await temporaryFolder(), "models");
    const options = { folder, registry: await registry(tarball, manifest.source!.integrity, true) };
    await expect(fetchPack(manifest, { ...options, signal: AbortSignal.timeout(200) })).rejects.toThrow();
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
    server?.closeAllConnections();
  });

  it("refuses a file that was changed on disk, and says which", async () => {
    const { manifest } = await tinyPack();
    const folder = await temporaryFolder();
    for (const role of ROLES)
      await writeFile(path.join(folder, manifest.models[role].file), `weights of ${role}`);
    await writeFile(path.join(folder, manifest.models.eyes.file), "weights of evil");
    expect(await missingModels(manifest, folder)).toEqual([]);
    const refusal = { code: "MODEL_HASH", message: expect.stringContaining(manifest.models.eyes.file) };
    await expect(verifyFiles(manifest, folder)).rejects.toMatchObject(refusal);
    await expect(fetchPack(manifest, { folder })).rejects.toMatchObject(refusal);
  });

  it("names the file that is missing", async () => {
    const { manifest } = await tinyPack();
    const attempt = verifyFiles(manifest, await temporaryFolder());
    await expect(attempt).rejects.toMatchObject({
      code: "MODEL_MISSING",
      message: expect.stringContaining("fr_detect"),
    });
  });
});

describe("a pack's manifest", () => {
  it("can be a school's own, in a folder of its own", async () => {
    const folder = path.join(await temporaryFolder(), "our-pack");
    await mkdir(folder);
    await copyFile(
      path.join(packageRoot, "models", "packs", "default", "pack.json"),
      path.join(folder, "pack.json"),
    );
    const manifest = await loadManifest(folder);
    expect(manifest).toEqual(await loadManifest("default"));
    expect(packFolder(manifest, "/data")).toBe(path.join("/data", "models", "default-1"));
  });

  it("is refused with the place of every mistake in it", async () => {
    const folder = await temporaryFolder();
    const manifest = await loadManifest("default");
    const broken = {
      ...manifest,
      licence: "",
      models: { ...manifest.models, detect: { file: "../x" } },
    };
    await writeFile(path.join(folder, "pack.json"), JSON.stringify(broken));
    const error = await loadManifest(`${folder}/`).catch((thrown) => thrown);
    expect(error.code).toBe("MODEL_MANIFEST");
    expect(error.message).toMatch(/licence: /);
    expect(error.message).toMatch(/models\.detect\.file: /);
  });

  it("is refused when it is no JSON, or not there", async () => {
    const folder = `${await temporaryFolder()}/`;
    await expect(loadManifest(folder)).rejects.toMatchObject({ code: "INPUT_MISSING" });
    await writeFile(path.join(folder, "pack.json"), "name: not json");
    await expect(loadManifest(folder)).rejects.toMatchObject({ code: "MODEL_MANIFEST" });
  });

  it("of the default pack asks for none of the tarball's models that would know who somebody is or feels", async () => {
    const { models } = await loadManifest("default");
    const files = ROLES.map((role) => path.basename(models[role].from));
    expect(files).toEqual(["fr_detect.onnx", "fr_pose.onnx", "fr_landmark.onnx", "fr_eye.onnx"]);
  });
});
