import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { create } from "tar";
import { temporaryFolder } from "../support/places.ts";

/** Packs files into an npm tarball, as a registry would serve it. */
export async function packTarball(files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder();
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), content);
  }
  const file = path.join(folder, "pack.tgz");
  await create({ gzip: true, file, cwd: folder, portable: true }, ["package"]);
  const bytes = await readFile(file);
  const integrity = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  return { bytes, integrity, sha256: (text: string) => createHash("sha256").update(text).digest("hex") };
}
