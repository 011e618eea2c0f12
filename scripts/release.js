// Makes what packaging/install.sh installs: focus-gateway-VERSION.tgz with the lock file in it, its hash, and, with a key,
// its signature.
//   npm run release [-- --out FOLDER] [--key PRIVATE.pem]
// openssl genpkey -algorithm ed25519 -out PRIVATE.pem; openssl pkey -in PRIVATE.pem -pubout -out release-key.pem
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, sign } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({ options: { out: { type: "string", default: "." }, key: { type: "string" } } });
const out = path.resolve(values.out);
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const tarball = path.join(out, `focus-gateway-${version}.tgz`);

mkdirSync(out, { recursive: true });
const work = mkdtempSync(path.join(tmpdir(), "focus-release-"));
try {
  // npm packs what package.json lists, and never a package-lock.json: it is put in by hand.
  execFileSync("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", work], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  execFileSync("tar", ["-xzf", path.join(work, `focus-gateway-${version}.tgz`), "-C", work]);
  for (const file of ["package-lock.json", ".npmrc"])
    copyFileSync(path.join(root, file), path.join(work, "package", file));
  // The same sources give the same bytes.
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  execFileSync("tar", [...same, "--use-compress-program=gzip -n", "-cf", tarball, "-C", work, "package"]);
} finally {
  rmSync(work, { recursive: true, force: true });
}

const release = readFileSync(tarball);
const hash = createHash("sha256").update(release).digest("hex");
writeFileSync(`${tarball}.sha256`, `${hash}  ${path.basename(tarball)}\n`);
if (values.key) {
  const signature = sign(null, release, createPrivateKey(readFileSync(values.key)));
  writeFileSync(`${tarball}.sig`, `${signature.toString("base64")}\n`);
}
process.stdout.write(`${tarball}\n${hash}\n`);
