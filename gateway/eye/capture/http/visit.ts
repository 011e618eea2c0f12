import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { TLSSocket } from "node:tls";
import { failure, GatewayError } from "../../../errors.ts";
import { revealSecret } from "../../../options.ts";
import { type Login, tellable } from "../login.ts";
import { connectSecurely } from "../secure.ts";
import { whyUnreachable } from "../unreachable.ts";
import { authorization, type Challenge, readChallenge } from "./digest.ts";

/** A web server that is asked for the same thing again and again. */
export interface Visit {
  /** Its answer, a 200; the body is the caller's to read. Rejects with CAMERA_REFUSED, or an error in people's words. */
  get(signal: AbortSignal): Promise<IncomingMessage>;
  /** Ends every connection. */
  close(): void;
}

export interface VisitOptions extends Login {
  readonly url: string;
  readonly certificateFile?: string | undefined;
}

/** Asks with user and password, in whichever way the server wants them: in this process, so that no other sees them. */
export async function openVisit(options: VisitOptions, camera: string): Promise<Visit> {
  const url = new URL(options.url);
  const secure = url.protocol === "https:";
  const closing = new AbortController();
  const connect = () => connectSecurely(url, 443, options.certificateFile, closing.signal);
  const agent = secure ? secureAgent(connect) : new http.Agent({ keepAlive: true });
  const target = url.pathname + url.search;
  const login = {
    username: options.username ?? "",
    password: options.password === undefined ? "" : revealSecret(options.password),
  };
  let challenge: Challenge | null = null;
  let count = 0;

  function ask(signal: AbortSignal): Promise<IncomingMessage> {
    const headers: Record<string, string> = { accept: "multipart/x-mixed-replace, image/jpeg, image/*" };
    if (challenge !== null) {
      count += 1;
      headers.authorization = authorization(challenge, { ...login, target, count });
    }
    return new Promise((resolve, reject) => {
      let answered = false;
      const request = (secure ? https : http).get(url, { agent, headers, signal }, (answer) => {
        answered = true;
        resolve(answer);
      });
      request.on("error", (error: NodeJS.ErrnoException) => {
        // In the middle of an answer: whoever reads it is told.
        if (answered) return;
        // A server closes a connection that nobody uses, and that crosses with what we are about to ask: it is asked by a
        // new one. https://nodejs.org/api/http.html#requestreusedsocket
        if (request.reusedSocket && error.code === "ECONNRESET") return resolve(ask(signal));
        reject(error instanceof GatewayError ? error : new Error(whyUnreachable(error, url)));
      });
    });
  }

  return {
    async get(signal) {
      let answer = await ask(signal);
      const offered = answer.statusCode === 401 ? readChallenge(offersOf(answer)) : null;
      // Once more with what it wants: the first time, and when what it wanted before has become old.
      if (offered !== null && options.username !== undefined) {
        answer.resume();
        challenge = offered;
        count = 0;
        answer = await ask(signal);
      }
      const { statusCode: status = 0 } = answer;
      if (status === 200) return answer;
      answer.resume();
      const place = tellable(options.url);
      if (status === 401 || status === 403) throw failure("CAMERA_REFUSED", { camera, place });
      if (status === 404) throw new Error(`there is nothing at ${place} (404)`);
      if (status >= 300 && status < 400)
        throw new Error(`${place} sends us elsewhere (${status}): name that address`);
      throw new Error(`${place} answers ${status}`);
    },
    close() {
      closing.abort();
      agent.destroy();
    },
  };
}

/** One whose connections have been looked at before anything is said. */
function secureAgent(connect: () => Promise<TLSSocket>): https.Agent {
  const agent = new https.Agent({ keepAlive: true });
  agent.createConnection = (_, connected) => {
    connect().then(
      (socket) => connected?.(null, socket),
      (error) => connected?.(error, undefined as never),
    );
    return undefined;
  };
  return agent;
}

const offersOf = ({ rawHeaders }: IncomingMessage) =>
  rawHeaders.filter((_, at) => at % 2 === 1 && /^www-authenticate$/i.test(rawHeaders[at - 1]!));
