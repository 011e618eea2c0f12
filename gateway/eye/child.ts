import { fork } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { failure } from "../errors.ts";
import type { Logger } from "../log.ts";
import { packageRoot } from "../paths.ts";
import type { EngineState } from "./perceive/perceive.ts";
import { type Command, type FromEye, type Start, type ToEye, unpack } from "./protocol.ts";

/** One life of the eye process, as seen from the gateway. */
export interface Child {
  readonly pid: number | null;
  /** Resolves when perception is up; rejects with the GatewayError that the eye reports, or EYE_CRASHED. */
  readonly opened: Promise<EngineState>;
  /** Resolves when the process is gone, with its exit code or signal in words. */
  readonly ended: Promise<string>;
  /** Resolves when it has been carried out, or the process is gone. */
  command(kind: Command): Promise<void>;
  /** Ends it at once, whatever it is doing. Resolves when it is gone. */
  kill(): Promise<void>;
}

/** Node 20 runs no TypeScript, so from source (in tests) it is the compiled eye that is forked. */
const program = import.meta.url.endsWith(".ts")
  ? path.join(packageRoot, process.env.FOCUS_GATEWAY_DIST ?? "dist", "gateway", "eye", "main.js")
  : fileURLToPath(new URL("./main.js", import.meta.url));

/** Forks the eye and tells it to begin. What it says afterwards goes to `hear`, what it logs to `log`. */
export function startChild(start: Start, hear: (message: FromEye) => void, log: Logger): Child {
  const child = fork(program, [], {
    serialization: "advanced",
    // Not the gateway's inspector, nor a test runner's loaders. What lives briefly here is small, for pictures lie outside
    // V8's heap; 16 MB for each half of its nursery, as is usual, is memory that is never used well.
    execArgv: ["--max-semi-space-size=2"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // glibc would keep up to eight arenas a core, and picture buffers fill them all (sharp's README, "memory").
    env: { MALLOC_ARENA_MAX: "2", ...process.env },
  });
  const waiting = new Map<number, () => void>();
  let asked = 0;

  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
    child.once("error", (error) => {
      if (child.pid === undefined) resolve(error.message);
    });
  });
  const opened = new Promise<EngineState>((resolve, reject) => {
    child.on("message", (message: FromEye) => {
      if (message.kind === "opened") resolve(message.engine);
      else if (message.kind === "failed") reject(unpack(message.error));
      else if (message.kind === "done") waiting.get(message.id)?.();
      else hear(message);
    });
    void ended.then((code) => reject(failure("EYE_CRASHED", { code })));
  });
  opened.catch(() => {}); // whoever waits for it is told
  void ended.then(() => {
    for (const resolve of waiting.values()) resolve();
  });
  passOnLogs(child.stderr!, log);

  const tell = (message: ToEye) => {
    // The callback takes the error of a channel that has just closed; `ended` tells of it.
    if (child.connected) child.send(message, () => {});
  };
  tell({ kind: "open", start });

  return {
    pid: child.pid ?? null,
    opened,
    ended,
    async command(kind) {
      const id = asked++;
      const done = new Promise<void>((resolve) => waiting.set(id, resolve));
      tell({ kind, id });
      await Promise.race([done, ended]);
      waiting.delete(id);
    },
    async kill() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The child writes pino's JSON lines; what native libraries write is passed on as it is. */
function passOnLogs(lines: NodeJS.ReadableStream, log: Logger): void {
  createInterface({ input: lines }).on("line", (line) => {
    const entry = parse(line);
    if (entry === null) return void (line.trim() && log.warn(line));
    const { level, time: _time, part: _part, msg, ...rest } = entry;
    const write = LEVELS.find((known) => known === level) ?? "info";
    log[write](rest, String(msg ?? ""));
  });
}

const LEVELS = ["debug", "info", "warn", "error"] as const;

function parse(line: string): Record<string, unknown> | null {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === "object" && entry !== null ? (entry as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
