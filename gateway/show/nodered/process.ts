import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { failure } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { packageRoot } from "../../paths.ts";
import type { Clock } from "../../terms.ts";
import type { LiveOrder, LiveWord } from "./order.ts";

export interface Running {
  state(): "starting" | "up" | "failed";
  /** The port it listens on, also when any free one was asked for. */
  port(): number;
  restarts(): number;
  memoryMb(): number | null;
  close(): Promise<void>;
}

const startMs = 60_000;
/** Longer than a function node may take (settings.ts) before Node-RED ends it. */
const silenceMs = 15_000;
const patience = { firstMs: 1000, mostMs: 60_000, calmMs: 60_000 };

/**
 * Runs the process and starts it again whenever it ends, with growing pauses. Resolves after the first start, whether
 * it worked or not. Throws PORT_IN_USE when that was the reason: waiting does not mend it.
 */
export async function keepRunning(
  order: LiveOrder,
  { log, clock }: { log: Logger; clock: Clock },
): Promise<Running> {
  const closing = new AbortController();
  let state: "starting" | "up" | "failed" = "starting";
  let port = order.port;
  let restarts = 0;
  let memoryMb: number | null = null;
  let child: ChildProcess | null = null;

  /** One life of the process, from start to end. `up` is called once it serves; the result says why it ended. */
  function live(up: () => void): Promise<{ problem: string; portInUse: boolean }> {
    return new Promise((resolve) => {
      const mine = fork(entry(), [], {
        // Nothing of the parent's environment but what finding files and showing times needs: it may hold secrets.
        env: pick(process.env, ["PATH", "HOME", "TZ", "LANG", "NODE_EXTRA_CA_CERTS"]),
        execArgv: ["--max-old-space-size=256"],
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
      child = mine;
      let end = { problem: "it ended", portInUse: false };
      const deadline = (ms: number, problem: string) =>
        setTimeout(() => {
          end = { problem, portInUse: false };
          mine.kill("SIGKILL");
        }, ms);
      let watchdog = deadline(startMs, "it did not start in time");

      mine.on("message", (message: LiveWord) => {
        if (message.word === "ready") mine.send({ ...order, port });
        if (message.word === "failed") end = message;
        if (message.word === "log") log[message.level](message.text);
        if (message.word === "up") {
          port = message.port;
          up();
        }
        if (message.word === "alive") memoryMb = message.memoryMb;
        if (message.word === "up" || (message.word === "alive" && state === "up")) {
          clearTimeout(watchdog);
          watchdog = deadline(silenceMs, "it hung");
        }
      });
      createInterface({ input: mine.stderr! }).on("line", (line) => log.debug(line));
      mine.once("error", (error) => {
        end = { problem: error.message, portInUse: false };
      });
      mine.once("close", (code, signal) => {
        clearTimeout(watchdog);
        child = null;
        memoryMb = null;
        if (end.problem === "it ended")
          end = { ...end, problem: `it ended (${signal ?? `exit code ${code}`})` };
        resolve(end);
      });
    });
  }

  let settle!: { resolve(): void; reject(error: unknown): void };
  const firstStart = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  const all = (async () => {
    let pauseMs = patience.firstMs;
    for (;;) {
      const started = clock.elapsed();
      const { problem, portInUse } = await live(() => {
        if (state === "failed") log.info("the live page is back");
        state = "up";
        settle.resolve();
      });
      if (closing.signal.aborted) return;
      if (portInUse && restarts === 0) {
        const wanted = { host: order.host, port, purpose: "the live page", key: "show.live.port" };
        return settle.reject(failure("PORT_IN_USE", wanted));
      }
      if (state !== "failed")
        log.warn({ err: failure("LIVE_PAGE_FAILED", { problem }) }, "the live page is gone");
      state = "failed";
      settle.resolve();
      if (clock.elapsed() - started > patience.calmMs) pauseMs = patience.firstMs;
      await clock.sleep(pauseMs, closing.signal);
      if (closing.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, patience.mostMs);
      restarts += 1;
    }
  })();

  await firstStart;
  return {
    state: () => state,
    port: () => port,
    restarts: () => restarts,
    memoryMb: () => memoryMb,
    async close() {
      closing.abort();
      // It holds nothing that would need to be put away, and a flow must not be able to delay the gateway's end.
      child?.kill("SIGKILL");
      await all;
    },
  };
}

/** The compiled entry: beside this file when compiled, under `dist/` when this runs from source. */
function entry(): string {
  const beside = fileURLToPath(new URL("main.js", import.meta.url));
  return existsSync(beside)
    ? beside
    : path.join(packageRoot, "dist", "gateway", "show", "nodered", "main.js");
}

const pick = (environment: NodeJS.ProcessEnv, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in environment).map((name) => [name, environment[name]]));
