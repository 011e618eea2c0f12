import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { sbomFile } from "../gateway/fleet/sbom.ts";
import { packageRoot } from "../gateway/paths.ts";
import { STATED } from "./licences/allowed.ts";
import { type ModelFile, modelFiles } from "./licences/models.ts";

/**
 * `npm run sbom [FILE]`: everything this installation is made of, as CycloneDX (https://cyclonedx.org): npm's own list of
 * packages, with licences filled in that packages state elsewhere, and the networks with their hashes. Needs no network.
 */
interface Component {
  readonly name: string;
  readonly licenses?: readonly unknown[];
  readonly [more: string]: unknown;
}

interface Bom {
  readonly metadata: { readonly timestamp?: string; readonly component: Component };
  readonly components: readonly Component[];
  readonly dependencies: readonly Readonly<Record<string, unknown>>[];
}

const out = path.resolve(process.argv[2] ?? sbomFile);
const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--offline"], {
  cwd: packageRoot,
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
  stdio: ["ignore", "pipe", "inherit"],
});
const bom: Bom = JSON.parse(text);
const packages = onceEach(bom.components, "bom-ref").map((component) => {
  const stated = STATED[component.name];
  return component.licenses || !stated ? component : { ...component, licenses: licences(stated) };
});
// npm takes the folder's name for the program's, and the moment and a random number for what tells two lists apart: the same
// program is the same list here, byte for byte, wherever and whenever it is made.
const { timestamp: _, ...metadata } = bom.metadata;
const list = {
  ...bom,
  metadata: { ...metadata, component: { ...metadata.component, name: "focus-gateway" } },
  components: [...packages, ...modelFiles().map(componentOf)],
  dependencies: onceEach(bom.dependencies, "ref"),
};
const serialNumber = `urn:uuid:${uuidOf(JSON.stringify({ ...list, serialNumber: null }))}`;
mkdirSync(path.dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify({ ...list, serialNumber }, null, 2)}\n`);

/** A UUID that follows from a text: version 8, RFC 9562. */
function uuidOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

function componentOf({ pack, version, licence, file, sha256, provenance, source }: ModelFile): Component {
  return {
    "bom-ref": `model:${pack}/${file}@${version}`,
    type: "machine-learning-model",
    group: pack,
    name: file,
    version,
    ...(provenance !== null && { description: provenance }),
    hashes: [{ alg: "SHA-256", content: sha256 }],
    licenses: licences(licence),
    ...(source && { purl: `pkg:npm/${source.package}@${source.version}#${file}` }),
  };
}

/** npm lists a package for each place in which it lies; CycloneDX wants its reference to be unique. */
function onceEach<T extends Readonly<Record<string, unknown>>>(all: readonly T[], key: string): T[] {
  return [...new Map(all.map((one) => [one[key], one])).values()];
}

function licences(id: string) {
  return [{ license: { id } }];
}
