import { createPrivateKey, createPublicKey, webcrypto, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
// The library's dependency injection asks for this before it is loaded.
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

/** A certificate and its private key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
}

/** Its key is null where somebody keeps it elsewhere, as they should: then it can be trusted, and signs nothing. */
export interface Authority {
  readonly certificate: string;
  readonly key: string | null;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3650;
/** Apple's and the CA/Browser Forum's former limit: browsers take no leaf that lasts longer. */
const LEAF_DAYS = 825;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";

/** An authority of the school's own: it can sign for servers and for nothing that signs in turn. */
export async function makeAuthority(name: string, now: number): Promise<Identity> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [name] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - DAY_MS), // clocks in a school differ
    notAfter: new Date(now + AUTHORITY_DAYS * DAY_MS),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await pemOf(keys.privateKey) };
}

/** A server's certificate. @param names host names and IP addresses that it is reached by; the first is its subject. */
export async function issue(
  authority: Identity,
  names: readonly [string, ...string[]],
  now: number,
): Promise<Identity> {
  const parent = new x509.X509Certificate(authority.certificate);
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [{ CN: [names[0]] }],
    issuer: parent.subject,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(now - DAY_MS),
    notAfter: new Date(Math.min(now + LEAF_DAYS * DAY_MS, parent.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      // RFC 6125: whoever connects looks here and nowhere else.
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value })),
      ),
      await x509.AuthorityKeyIdentifierExtension.create(parent.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pem(certificate), key: await pemOf(keys.privateKey) };
}

/**
 * Why a certificate has to be made anew, or null while it is good: its authority, its names, its last month, its key. One that
 * an authority of another name has signed is somebody's own, and theirs to renew.
 */
export function whyRenew(
  identity: Identity,
  authority: Authority,
  names: readonly string[],
  now: number,
): string | null {
  try {
    const certificate = new X509Certificate(identity.certificate);
    if (certificate.issuer !== new X509Certificate(authority.certificate).subject) return null;
    if (!certificate.verify(createPublicKey(authority.certificate))) return "it is of an earlier authority";
    if (!certificate.checkPrivateKey(createPrivateKey(identity.key))) return "its key is another one";
    const missing = names.find(
      (name) => !(isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)),
    );
    if (missing) return `it does not hold for ${missing}`;
    if (Date.parse(certificate.validTo) - now < 30 * DAY_MS) return "it runs out within a month";
    return null;
  } catch {
    return "it cannot be read";
  }
}

const newKeys = () =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;
type CryptoKeyPair = webcrypto.CryptoKeyPair;

const pem = (certificate: x509.X509Certificate) => `${certificate.toString("pem")}\n`;

const pemOf = async (key: webcrypto.CryptoKey) =>
  `${x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY")}\n`;

const importKey = (key: string) =>
  webcrypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(key), ALGORITHM, false, ["sign"]);
