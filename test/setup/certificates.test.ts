import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { issue, makeAuthority, whyRenew } from "../../gateway/setup/certificates.ts";
import { temporaryFolder } from "../support/places.ts";
import { findProgram } from "../support/programs.ts";

const NOW = Date.now();
const YEAR = 365 * 86_400_000;
const openssl = findProgram("openssl");

describe("certificates of a school's own authority", () => {
  it.skipIf(!openssl)("hold for OpenSSL, for each of their names (skipped without openssl)", async () => {
    const folder = await temporaryFolder();
    const authority = await makeAuthority("Riverside focus gateways", NOW);
    const server = await issue(authority, ["focus.riverside.example", "192.168.7.20"], NOW);
    await writeFile(path.join(folder, "ca.pem"), authority.certificate);
    await writeFile(path.join(folder, "server.pem"), server.certificate);
    const verify = (...options: string[]) =>
      promisify(execFile)(openssl!, [
        "verify",
        "-x509_strict",
        "-purpose",
        "sslserver",
        "-CAfile",
        path.join(folder, "ca.pem"),
        ...options,
        path.join(folder, "server.pem"),
      ]);
    await verify("-verify_hostname", "focus.riverside.example");
    await verify("-verify_ip", "192.168.7.20");
    await expect(verify("-verify_hostname", "other.example")).rejects.toThrow(/hostname mismatch/i);
  });

  it("are renewed in their last month, for a new name, under a new authority, and with another's key", async () => {
    const authority = await makeAuthority("A", NOW);
    const names = ["broker", "127.0.0.1"] as const;
    const good = await issue(authority, [...names], NOW);
    expect(whyRenew(good, authority, names, NOW)).toBeNull();
    expect(whyRenew(good, authority, [...names, "other"], NOW)).toContain("other");
    expect(whyRenew(good, authority, names, NOW + 3 * YEAR)).toContain("runs out");
    expect(whyRenew(good, await makeAuthority("A", NOW), names, NOW)).toContain("earlier authority");
    expect(whyRenew(good, await makeAuthority("B", NOW), names, NOW)).toBeNull(); // somebody's own
    const other = await issue(authority, [...names], NOW);
    expect(whyRenew({ ...good, key: other.key }, authority, names, NOW)).toContain("key");
    expect(whyRenew({ ...good, certificate: "nonsense" }, authority, names, NOW)).toContain("cannot be read");
  });
});
