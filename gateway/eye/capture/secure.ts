import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { connect, type TLSSocket } from "node:tls";
import { z } from "zod";
import { failure, reason } from "../../errors.ts";
import { whyUnreachable } from "./unreachable.ts";

/** Whom to believe that they are the camera. Nothing is said to anybody else. */
export const certificateOptions = {
  certificateFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      "PEM file with the camera's own certificate, whatever name and dates stand in it, or with that of the authority that signed it. Left out: an authority that every browser knows must have.",
    ),
};

const PATIENCE_MS = 10_000;

/**
 * A TLS connection to the host of that address, which has shown that it is who it should be. Rejects with TLS_UNREADABLE,
 * or an error in people's words.
 */
export async function connectSecurely(
  url: URL,
  standardPort: number,
  certificateFile: string | undefined,
  signal?: AbortSignal,
): Promise<TLSSocket> {
  const ours = certificateFile === undefined ? null : await readCertificates(certificateFile);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const socket = connect({
    ...{ host, port: Number(url.port || standardPort) },
    servername: isIP(host) === 0 ? host : "", // [RFC 6066 §3] an address is no server name
    ...(ours && { ca: ours.map(String) }),
    // Only so that the one certificate that is named may be of any name and age. Everybody else is refused below.
    rejectUnauthorized: false,
  });
  socket.setTimeout(PATIENCE_MS, () =>
    socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
  );
  try {
    await once(socket, "secureConnect", { signal });
  } catch (error) {
    socket.on("error", () => {}).destroy();
    throw new Error(whyUnreachable(error as NodeJS.ErrnoException, url), { cause: error });
  }
  socket.setTimeout(0);
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  if (socket.authorized || ours?.some(({ fingerprint256 }) => fingerprint256 === shown)) return socket;
  socket.destroy();
  throw new Error(whyRefused(String(socket.authorizationError), url.host, ours !== null));
}

async function readCertificates(file: string): Promise<X509Certificate[]> {
  try {
    const blocks = (await readFile(file, "utf8")).match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END [^-]+-----/g,
    );
    if (!blocks) throw new Error("there is no certificate in it");
    return blocks.map((block) => new X509Certificate(block));
  } catch (error) {
    throw failure("TLS_UNREADABLE", { file, problem: reason(error) }, error);
  }
}

/** @param code OpenSSL's, or Node's. */
function whyRefused(code: string, host: string, isNamed: boolean): string {
  switch (code) {
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${host} shows a certificate that is made out to another name`;
    case "CERT_HAS_EXPIRED":
      return `${host} shows a certificate that has expired`;
    case "CERT_NOT_YET_VALID":
      return `${host} shows a certificate that is not valid yet: is this machine's clock right?`;
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
      return isNamed
        ? `${host} shows another certificate than the one in certificateFile, or that its authority has signed`
        : `${host} shows a certificate that nobody known here has signed: name it as certificateFile`;
    default:
      return `${host} shows a certificate that cannot be trusted (${code})`;
  }
}
