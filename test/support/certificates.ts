import { writeFile } from "node:fs/promises";
import path from "node:path";
import { type Identity, issue, makeAuthority } from "../../gateway/setup/certificates.ts";

const YEARS = 365 * 86_400_000;

/** Certificates of an authority of the test's own, as PEM texts and as files. */
export interface TestCertificates {
  /** The file of the authority. */
  readonly authority: string;
  /** For 127.0.0.1; for another host; for 127.0.0.1 in days gone by. */
  readonly servers: Readonly<Record<"good" | "elsewhere" | "expired", Filed>>;
}

export interface Filed extends Identity {
  readonly files: { readonly certificate: string; readonly key: string };
}

export async function makeCertificates(folder: string): Promise<TestCertificates> {
  const past = Date.now() - 5 * YEARS;
  const authority = await makeAuthority("a test's authority", past);
  const filed = async (name: string, identity: Identity): Promise<Filed> => {
    const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
    await writeFile(files.certificate, identity.certificate);
    await writeFile(files.key, identity.key);
    return { ...identity, files };
  };
  return {
    authority: (await filed("authority", authority)).files.certificate,
    servers: {
      good: await filed("good", await issue(authority, ["127.0.0.1"], Date.now())),
      elsewhere: await filed("elsewhere", await issue(authority, ["camera.example"], Date.now())),
      expired: await filed("expired", await issue(authority, ["127.0.0.1"], past)),
    },
  };
}
