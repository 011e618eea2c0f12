import { chmod, lstat, unlink } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { GatewayError, reason } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { type AnswerLine, questionLine, type Reader, socketFile } from "./question.ts";

const MOST_AT_ONCE = 4;
const QUESTION_WITHIN_MS = 5_000;
const LONGEST_QUESTION = 128 * 1024;

/** Answers questions to the store on its socket until closed. A socket that a crash left behind is replaced. */
export async function serveQueries(
  dataFolder: string,
  read: Reader,
  log: Logger,
): Promise<{ close(): Promise<void> }> {
  const file = socketFile(dataFolder);
  const left = await lstat(file).catch(() => null);
  if (left?.isSocket()) await unlink(file);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    socket.on("error", () => {}); // Whoever asked has gone; `close` follows.
    void answerOne(socket, read).catch((error) => log.warn({ err: error }, `a query: ${reason(error)}`));
  });
  server.maxConnections = MOST_AT_ONCE;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    // The socket exists when `listen` returns, so the mask holds for it and for nothing else.
    const mask = process.umask(0o177);
    try {
      server.listen(file, resolve);
    } finally {
      process.umask(mask);
    }
  });
  await chmod(file, 0o600);
  let closed: Promise<void> | null = null;
  return {
    close() {
      closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      });
      return closed;
    },
  };
}

async function answerOne(socket: Socket, read: Reader): Promise<void> {
  const say = (line: AnswerLine) => send(socket, line);
  try {
    const line = await firstLine(socket);
    if (line === null) return void socket.destroy();
    const question = questionLine.parse(JSON.parse(line));
    // Whoever asks and then does not read must not keep a place for ever.
    socket.setTimeout((question.timeoutSeconds + 10) * 1000, () => socket.destroy());
    const { truncated } = await read(question, {
      columns: (columns) => say({ columns }),
      rows: (rows) => say({ rows }),
    });
    await say({ end: { truncated } });
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : "QUERY_INVALID";
    if (!socket.destroyed) await say({ error: { code, message: reason(error) } });
  }
  socket.end();
}

/** Waits for a slow reader; rejects when it has gone, which ends the query. */
function send(socket: Socket, line: AnswerLine): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.write(`${JSON.stringify(line)}\n`, (error) => (error ? reject(error) : resolve()));
  });
}

/** The question, or null when none came in time, or one that is far too long. (readline would raise the socket's errors.) */
function firstLine(socket: Socket): Promise<string | null> {
  return new Promise((resolve) => {
    let text = "";
    const answer = (line: string | null) => {
      clearTimeout(timer);
      socket.off("data", gather).resume();
      resolve(line);
    };
    const gather = (chunk: string) => {
      text += chunk;
      const newline = text.indexOf("\n");
      if (newline >= 0) answer(text.slice(0, newline));
      else if (text.length > LONGEST_QUESTION) answer(null);
    };
    const timer = setTimeout(() => answer(null), QUESTION_WITHIN_MS);
    socket.setEncoding("utf8").on("data", gather);
    socket.once("close", () => answer(null));
  });
}
