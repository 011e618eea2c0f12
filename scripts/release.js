// Makes what packaging/install.sh installs: focus-gateway-VERSION.tgz with the lock file in it, what it is made of and under
// which licences (dist/sbom.cdx.json, docs/licences.md), its hash, and, with a key, its signature.
//   npm run release [-- --out FOLDER] [--key PRIVATE.pem]
// openssl genpkey -algorithm ed25519 -out PRIVATE.pem; openssl pkey -in PRIVATE.pem -pubout -out release-key.pem
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: "." }, key: { type: "string" } } });
const out = path.resolve(values.out);
const { version, files } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const tarball = path.join(out, `focus-gateway-${version}.tgz`);

// A licence that nobody has decided on is no release's.
for (const script of ["licences/main.js", "sbom.js"])
  execFileSync(process.execPath, [path.join(root, "dist/scripts", script)], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });

// `npm pack` would run `prepare`, which compiles anew, and leaves the lock file out; so what package.json lists is packed here.
const always = ["package.json", "package-lock.json", ".npmrc", "README.md", "LICENSE"];
// The same sources give the same bytes.
const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner", "--mode=go-w"];
mkdirSync(out, { recursive: true });
execFileSync(
  "tar",
  [
    ...same,
    "--use-compress-program=gzip -n",
    "--transform=s,^,package/,",
    "-cf",
    tarball,
    ...always,
    ...files,
  ],
  { cwd: root },
);

const release = readFileSync(tarball);
const hash = createHash("sha256").update(release).digest("hex");
writeFileSync(`${tarball}.sha256`, `${hash}  ${path.basename(tarball)}\n`);
if (values.key) {
  const signature = sign(null, release, createPrivateKey(readFileSync(values.key)));
  writeFileSync(`${tarball}.sig`, `${signature.toString("base64")}\n`);
}
process.stdout.write(`${tarball}\n${hash}\n`);
