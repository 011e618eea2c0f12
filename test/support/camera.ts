import { createHash } from "node:crypto";
import { createServer, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type ServerOptions } from "node:https";
import type { AddressInfo } from "node:net";
import { afterwards } from "./afterwards.ts";

/** A web camera on loopback, as one finds them: an MJPEG stream and single pictures, with or without a password. */
export interface WebCamera {
  readonly port: number;
  /** How often it was asked for anything. */
  asked(): number;
  /** What it says who it lets in; null lets in everybody. */
  login: { scheme: "basic" | "digest"; user: string; password: string } | null;
  /** While true it answers and sends nothing. */
  silent: boolean;
  /** While true it hangs up on who asks a second time by the same connection, as if it had just closed it. */
  hasty: boolean;
  close(): Promise<void>;
}

interface Giving {
  /** Pictures in turn, as JPEG. */
  readonly pictures: readonly Buffer[];
  readonly perSecond?: number;
  /** Whether parts say how long they are. */
  readonly lengths?: boolean;
  /** With a certificate it speaks TLS. */
  readonly secure?: ServerOptions;
}

const REALM = 'camera "7"';

export async function startWebCamera({
  pictures,
  perSecond = 10,
  lengths = true,
  secure,
}: Giving): Promise<WebCamera> {
  let asked = 0;
  let number = 0;
  const nonces = new Set<string>();
  const known = new WeakSet<object>();
  const listener: RequestListener = (request, response) => {
    if (camera.hasty && known.has(request.socket)) return void request.socket.resetAndDestroy();
    known.add(request.socket);
    asked += 1;
    if (camera.login && !isLetIn(request.headers.authorization ?? "", request.url ?? "")) {
      return void response.writeHead(401, { "www-authenticate": challenges() }).end();
    }
    if (camera.silent) return;
    const picture = () => pictures[number++ % pictures.length]!;
    switch (request.url?.split("?")[0]) {
      case "/picture.jpg":
        return void response.writeHead(200, { "content-type": "image/jpeg" }).end(picture());
      case "/unnamed":
        return void response.writeHead(200).end(picture());
      case "/stream":
        return stream(response, picture);
      case "/moved":
        return void response.writeHead(302, { location: "/stream" }).end();
      case "/page":
        return void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Camera</h1>");
      default:
        return void response.writeHead(404).end();
    }
  };
  const server: Server = secure ? createSecureServer(secure, listener) : createServer(listener);

  function stream(response: ServerResponse, picture: () => Buffer): void {
    response.writeHead(200, { "content-type": "multipart/x-mixed-replace; boundary=--frame" });
    const timer = setInterval(() => {
      if (camera.silent) return;
      const body = picture();
      const length = lengths ? `Content-Length: ${body.length}\r\n` : "";
      response.write(`--frame\r\nContent-Type: image/jpeg\r\n${length}\r\n`);
      response.write(body.subarray(0, 100));
      response.write(body.subarray(100));
      response.write("\r\n");
    }, 1000 / perSecond);
    response.on("close", () => clearInterval(timer));
  }

  function challenges(): string[] {
    const nonce = createHash("md5").update(String(asked)).digest("hex");
    nonces.add(nonce);
    const realm = REALM.replaceAll('"', '\\"');
    if (camera.login?.scheme === "basic") return [`Basic realm="${realm}"`];
    return [`Basic realm="${realm}"`, `Digest realm="${realm}", qop="auth", nonce="${nonce}", opaque="o"`];
  }

  function isLetIn(header: string, target: string): boolean {
    const { scheme, user, password } = camera.login!;
    if (scheme === "basic")
      return header === `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
    const value = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(header)?.[1] ?? "";
    // A nonce is good for a few answers only, as cameras have it.
    if (!nonces.has(value("nonce")) || Number.parseInt(value("nc"), 16) > 3) return false;
    const md5 = (text: string) => createHash("md5").update(text).digest("hex");
    const between = ["nonce", "nc", "cnonce", "qop"].map(value).join(":");
    const expected = md5(`${md5(`${user}:${REALM}:${password}`)}:${between}:${md5(`GET:${target}`)}`);
    return value("response") === expected && value("uri") === target;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const camera: WebCamera = {
    port: (server.address() as AddressInfo).port,
    asked: () => asked,
    login: null,
    silent: false,
    hasty: false,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  afterwards(camera.close);
  return camera;
}
