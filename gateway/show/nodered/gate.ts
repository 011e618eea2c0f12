import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import bcrypt from "bcryptjs";
import type { NextFunction, Request, Response } from "express";
import { limitAttempts } from "../../attempts.ts";
import { systemClock } from "../../clock.ts";
import { isLoopback } from "../../options.ts";
import type { LiveOrder, Login } from "./order.ts";

/** Where the editor is, once it is open. */
export const editorPath = "/editor";

/** Decides who comes in, for pages and for the page's socket alike. */
export interface Gate {
  readonly http: (request: Request, response: Response, next: NextFunction) => void;
  readonly socket: (socket: { request: IncomingMessage }, next: (error?: Error) => void) => void;
}

const cookieName = "focus_gateway";

/**
 * Dashboard 2 compiles its templates in the browser, hence 'unsafe-eval'; nothing at all is loaded from elsewhere.
 */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join("; ");

/** Opens a gate for one start of the live page; its sessions end with it. */
export function openGate({
  host,
  page,
  origins,
  tls,
}: Pick<LiveOrder, "host" | "page" | "origins" | "tls">): Gate {
  const session = randomBytes(32).toString("base64url");
  const known = new Set(origins.map((origin) => new URL(origin).host));

  /**
   * A web page from anywhere could talk to 127.0.0.1 from a teacher's browser, press pause or read the room: through a
   * name that it points there (DNS rebinding), or by opening a WebSocket, which no same-origin rule stops. So on
   * loopback the name must be a loopback one, and an origin, where given, must be the page's own.
   */
  function isOwnSite({ headers }: IncomingMessage): boolean {
    const name = headers.host ?? "";
    if (isLoopback(host) && !known.has(name) && !isLoopback(name.replace(/:\d+$/, ""))) return false;
    if (headers.origin === undefined) return true;
    const origin = URL.canParse(headers.origin) ? new URL(headers.origin).host : "";
    return origin === name || known.has(origin);
  }

  const hasSession = ({ headers }: IncomingMessage) =>
    (headers.cookie ?? "")
      .split(/;\s*/)
      .some(
        (cookie) => cookie.startsWith(`${cookieName}=`) && same(cookie.slice(cookieName.length + 1), session),
      );

  const attempts = limitAttempts(systemClock);
  async function mayIn(request: IncomingMessage): Promise<boolean> {
    if (page === null || hasSession(request)) return true;
    const whence = request.socket.remoteAddress ?? "";
    if (request.headers.authorization === undefined || !attempts.may(whence)) return false;
    const passed = await passes(page, request);
    if (!passed) attempts.failed(whence);
    return passed;
  }

  return {
    http(request, response, next) {
      response.setHeader("x-content-type-options", "nosniff");
      response.setHeader("referrer-policy", "no-referrer");
      if (!isOwnSite(request)) return void response.status(403).type("text").send("not from here\n");
      // The editor asks for a password of its own, in the header that this gate would want.
      if (request.path === editorPath || request.path.startsWith(`${editorPath}/`)) {
        response.setHeader("content-security-policy", "frame-ancestors 'none'");
        return next();
      }
      response.setHeader("content-security-policy", contentSecurityPolicy);
      // Dashboard 2 answers /_debug with what its widgets last received.
      if (request.path.includes("/_debug")) return void response.status(404).end();
      mayIn(request).then((allowed) => {
        if (!allowed) {
          response.setHeader("www-authenticate", 'Basic realm="focus-gateway", charset="UTF-8"');
          return void response.status(401).type("text").send("a password is needed\n");
        }
        // Browsers do not send basic credentials with every WebSocket, but cookies they do.
        if (page)
          response.cookie(cookieName, session, { httpOnly: true, sameSite: "strict", secure: tls !== null });
        next();
      }, next);
    },
    socket({ request }, next) {
      if (!isOwnSite(request)) return next(new Error("not from here"));
      mayIn(request).then((allowed) => next(allowed ? undefined : new Error("a password is needed")), next);
    },
  };
}

/** One comparison at a time: bcrypt is slow on purpose, and a flood of guesses must not take the processor. */
let turn: Promise<unknown> = Promise.resolve();

function passes({ username, passwordHash }: Login, request: IncomingMessage): Promise<boolean> {
  const [scheme, encoded] = (request.headers.authorization ?? "").split(" ");
  if (scheme?.toLowerCase() !== "basic" || !encoded) return Promise.resolve(false);
  const [name = "", ...rest] = Buffer.from(encoded, "base64").toString("utf8").split(":");
  const compared = turn.then(
    async () => (await bcrypt.compare(rest.join(":"), passwordHash)) && same(name, username),
  );
  turn = compared.catch(() => {});
  return compared;
}

/** Compares without telling by its duration how much was right. */
function same(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
