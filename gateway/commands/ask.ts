import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { connect, type TLSSocket } from "node:tls";
import type { Config } from "../config.ts";
import { revealSecret } from "../options.ts";

export interface Answer {
  readonly status: number;
  readonly text: string;
}

const ANSWER_MS = 5_000;

/**
 * Asks the health server of a gateway on this machine. By TLS it must show the very certificate that the config names,
 * whatever hosts that is for. Rejects when nobody answers.
 */
export async function askHealth(
  { host, port, token, tls }: Config["show"]["health"],
  path: string,
): Promise<Answer> {
  const options = {
    // What listens everywhere is asked here.
    host: host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host,
    port,
  };
  // The token goes to nobody before it is known who is there.
  const known = tls && (await connectTo(options, new X509Certificate(await readFile(tls.certificate))));
  return new Promise((resolve, reject) => {
    const asking = request({
      ...options,
      path,
      timeout: ANSWER_MS,
      headers: token === undefined ? {} : { authorization: `Bearer ${revealSecret(token)}` },
      agent: false,
      ...(known && { createConnection: () => known }),
    });
    asking.once("timeout", () => asking.destroy(new Error("no answer")));
    asking.once("error", reject);
    asking.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        text += piece;
      });
      response.once("end", () => {
        known?.destroy();
        resolve({ status: response.statusCode ?? 0, text });
      });
      response.once("error", reject);
    });
    asking.end();
  });
}

/** Resolves once that very certificate has been shown; rejects when it is another one, or nobody answers. */
function connectTo(place: { host: string; port: number }, expected: X509Certificate): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...place, rejectUnauthorized: false, timeout: ANSWER_MS }, () => {
      if (socket.getPeerCertificate().raw?.equals(expected.raw)) return resolve(socket);
      socket.destroy(new Error("somebody else answers in its place"));
    });
    socket.once("timeout", () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
  });
}
