#!/usr/bin/env node
// Is this the release that was published? node verify.js TARBALL [PUBLIC_KEY.pem]
// With a key: TARBALL.sig must hold its Ed25519 signature (base64). Without: TARBALL.sha256 must hold its hash, which tells
// damage from a whole file, and nothing about who made it. The release's lock file names every dependency by hash, so what
// holds for the tarball holds for them.
import { createHash, createPublicKey, verify } from "node:crypto";
import { readFileSync } from "node:fs";

const [tarball, key] = process.argv.slice(2);
const refuse = (why) => {
  process.stderr.write(`refused: ${why}\n`);
  process.exit(1);
};
const beside = (ending) => {
  try {
    return readFileSync(`${tarball}.${ending}`, "utf8");
  } catch {
    return refuse(`there is no ${tarball}.${ending}`);
  }
};

const release = readFileSync(tarball);
const hash = createHash("sha256").update(release).digest("hex");
if (key) {
  const publicKey = createPublicKey(readFileSync(key));
  if (publicKey.asymmetricKeyType !== "ed25519") refuse(`${key} is not an Ed25519 key`);
  if (!verify(null, release, publicKey, Buffer.from(beside("sig"), "base64")))
    refuse("the signature is not of this file, or not of this key");
} else if (beside("sha256").trim().split(/\s+/)[0] !== hash) refuse("the hash is another one");
process.stdout.write(`${hash}\n`);
