import { readFile } from "node:fs/promises";
import type { SecureContextOptions } from "node:tls";
import { z } from "zod";
import { failure, reason } from "./errors.ts";
import { isLoopback } from "./options.ts";

export const tlsOptions = z.strictObject({
  certificate: z
    .string()
    .min(1)
    .describe("PEM file with the certificate, and those that lead to its authority after it.")
    .meta({ examples: ["certificates/gateway.pem"] }),
  key: z
    .string()
    .min(1)
    .describe("PEM file with its private key; let only the gateway's user read it.")
    .meta({ examples: ["certificates/gateway-key.pem"] }),
});
export type TlsOptions = z.output<typeof tlsOptions>;

/** What a TLS listener is made of. Below 1.2 there is nothing: RFC 8996 has put TLS 1.0 and 1.1 away. */
export interface TlsMaterial extends SecureContextOptions {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
}

/** Reads certificate and key. Throws TLS_UNREADABLE. */
export async function readTls({ certificate, key }: TlsOptions): Promise<TlsMaterial> {
  const read = (file: string) =>
    readFile(file).catch((error) => {
      throw failure("TLS_UNREADABLE", { file, problem: reason(error) }, error);
    });
  return { cert: await read(certificate), key: await read(key), minVersion: "TLSv1.2" };
}

const LOOK_AGAIN_MS = 60_000;

/**
 * Gives a listener its certificate anew when the files say something else than `given`, so that a renewal needs no restart.
 * Connections that are up keep theirs. What cannot be read or does not fit together leaves the old one in place, and is said
 * once.
 */
export function renewTls(
  options: TlsOptions,
  given: TlsMaterial,
  server: { setSecureContext(material: TlsMaterial): void },
  failed: (error: unknown) => void,
): { close(): void } {
  let known = given;
  let said = "";
  const looking = setInterval(() => {
    void (async () => {
      try {
        const now = await readTls(options);
        said = "";
        if (now.cert.equals(known.cert) && now.key.equals(known.key)) return;
        known = now;
        server.setSecureContext(now);
      } catch (error) {
        if (reason(error) !== said) failed(error);
        said = reason(error);
      }
    })();
  }, LOOK_AGAIN_MS);
  looking.unref();
  return { close: () => clearInterval(looking) };
}

/**
 * Off loopback a listener needs credentials and TLS; without either it is not opened. Throws EXPOSED_WITHOUT_CREDENTIALS,
 * EXPOSED_WITHOUT_TLS.
 * @param key the config key of the host, for the error.
 */
export function checkExposure(
  key: string,
  host: string,
  { credentials, tls }: { readonly credentials: boolean; readonly tls: TlsOptions | undefined },
): void {
  if (isLoopback(host)) return;
  if (!credentials) throw failure("EXPOSED_WITHOUT_CREDENTIALS", { key, host });
  if (!tls) throw failure("EXPOSED_WITHOUT_TLS", { key, host });
}
