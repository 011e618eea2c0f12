import { type Certificate, certificatesOf, daysLeft, LAST_DAYS } from "../../certificates.ts";
import type { Config } from "../../config.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

const RENEW = "Run `focus-gateway setup` again where it was run, and hand over what it renews (docs/it.md).";

/** Until when each certificate of the config's holds. Nothing is said where there are none, and no TLS. */
export async function checkCertificates(config: Config, now: number): Promise<Finding[]> {
  return (await certificatesOf(config)).map((certificate) => judgeCertificate(certificate, now));
}

export function judgeCertificate(certificate: Certificate, now: number): Finding {
  const { of, until } = certificate;
  const days = daysLeft(certificate, now);
  const day = new Date(until).toISOString().slice(0, 10);
  if (days < 0) return failed("certificate", `${of}: it ran out on ${day}`, RENEW);
  const says = `${of}: it holds until ${day}, ${days} days`;
  return days < LAST_DAYS ? warning("certificate", says, RENEW) : ok("certificate", says);
}
