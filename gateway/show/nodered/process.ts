import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { failure, reason } from "../../errors.ts";
import type { Logger } from "../../log.ts";
import { packageRoot } from "../../paths.ts";
import type { Clock, Said } from "../../terms.ts";
import { fences, goFirst, MEMORY_MB } from "./fences.ts";
import { type Certificate, historyMs, type LiveOrder, type LiveWord, type ParentWord } from "./order.ts";

export interface Running {
  state(): "starting" | "up" | "failed";
  /** The port it listens on, also when any free one was asked for. */
  port(): number;
  restarts(): number;
  memoryMb(): number | null;
  /** Whether the school's flows were left out, because it failed again and again with them. */
  leftOut(): boolean;
  /** Serves another certificate from now on, also after it was started again. Connections that are up keep theirs. */
  renew(tls: Certificate): void;
  close(): Promise<void>;
}

/** How long is waited for what; milliseconds. */
const PATIENCE = {
  startMs: 60_000,
  /** Longer than a function node may take (settings.ts) before Node-RED ends it. */
  silenceMs: 15_000,
  /** Without time for anything else for so long, the page stands still although the process lives. */
  busyMs: 30_000,
  firstPauseMs: 1000,
  longestPauseMs: 60_000,
  calmMs: 60_000,
  /** So many ends within this time, and the school's flows are left out. */
  endsWithinMs: 10 * 60_000,
};
export type Patience = typeof PATIENCE;
const MOST_ENDS = 3;
/** Of the time between two signs of life. */
const BUSY = 0.95;

export interface ProcessContext {
  readonly log: Logger;
  readonly clock: Clock;
  /** What was published about the room since then, ms since the Unix epoch. */
  readonly past: (since: number) => Promise<readonly Said[]>;
  readonly patience?: Partial<Patience>;
}

/** How one life of the process came to its end. */
interface End {
  readonly problem: string;
  readonly portInUse: boolean;
}

/**
 * Runs the process and starts it again whenever it ends, with growing pauses; when it ends again and again, without the
 * school's flows. Resolves after the first start, whether it worked or not. Throws PORT_IN_USE when that was the reason:
 * waiting does not mend it.
 */
export async function keepRunning(
  order: LiveOrder,
  { log, clock, past, patience: given }: ProcessContext,
): Promise<Running> {
  const patience = { ...PATIENCE, ...given };
  const closing = new AbortController();
  let state: "starting" | "up" | "failed" = "starting";
  let port = order.port;
  let restarts = 0;
  let memoryMb: number | null = null;
  let child: ChildProcess | null = null;
  let { leaveOut, tls } = order;

  const tell = (to: ChildProcess, word: ParentWord) => to.connected && to.send(word);
  /** What the page showed before, or would have shown; nothing when the record cannot be asked. */
  const recalled = () =>
    past(clock.now() - historyMs).catch((error: unknown): Said[] => {
      log.warn({ err: error }, `the live page begins without what was before: ${reason(error)}`);
      return [];
    });

  /** One life of the process, from start to end. `up` is called once it serves. */
  function live(up: () => void): Promise<End> {
    return new Promise((resolve) => {
      const mine = fork(entry(), [], {
        // Nothing of the parent's environment but what finding files and showing times needs: it may hold secrets.
        env: {
          // glibc would keep up to eight arenas a core: 4 MB more.
          MALLOC_ARENA_MAX: "2",
          ...pick(process.env, ["PATH", "HOME", "TZ", "LANG", "NODE_EXTRA_CA_CERTS"]),
          ...(order.mqtt.caFile !== undefined && { NODE_EXTRA_CA_CERTS: order.mqtt.caFile }),
        },
        execArgv: fences(order.folder),
        stdio: ["ignore", "ignore", "pipe", "ipc"],
      });
      child = mine;
      if (mine.pid !== undefined) void goFirst(mine.pid);
      let end: End = { problem: "it ended", portInUse: false };
      let busySince: number | null = null;
      const kill = (problem: string) => {
        end = { problem, portInUse: false };
        mine.kill("SIGKILL");
      };
      const deadline = (ms: number, problem: string) => setTimeout(() => kill(problem), ms);
      let watchdog = deadline(patience.startMs, "it did not start in time");

      mine.on("message", (message: LiveWord) => {
        if (message.word === "ready") tell(mine, { word: "order", order: { ...order, port, tls, leaveOut } });
        if (message.word === "recall") void recalled().then((past) => tell(mine, { word: "past", past }));
        if (message.word === "failed") end = message;
        if (message.word === "log") log[message.level](message.text);
        if (message.word === "up") {
          port = message.port;
          up();
        }
        if (message.word === "alive") {
          memoryMb = message.memoryMb;
          busySince = message.busy < BUSY ? null : (busySince ?? clock.elapsed());
          if (memoryMb > MEMORY_MB) kill(`it took ${Math.round(memoryMb)} MB of memory`);
          else if (busySince !== null && clock.elapsed() - busySince > patience.busyMs)
            kill("its flows leave no time for anything else");
        }
        if (message.word === "up" || (message.word === "alive" && state === "up")) {
          clearTimeout(watchdog);
          watchdog = deadline(patience.silenceMs, "it hung");
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
    let pauseMs = patience.firstPauseMs;
    let ends: number[] = [];
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
      const now = clock.elapsed();
      ends = [...ends.filter((time) => now - time < patience.endsWithinMs), now];
      if (ends.length >= MOST_ENDS && !leaveOut) {
        leaveOut = true;
        const { code, message } = failure("FLOWS_LEFT_OUT", { times: ends.length, problem });
        log.error({ code }, message);
      }
      if (now - started > patience.calmMs) pauseMs = patience.firstPauseMs;
      await clock.sleep(pauseMs, closing.signal);
      if (closing.signal.aborted) return;
      pauseMs = Math.min(pauseMs * 2, patience.longestPauseMs);
      restarts += 1;
    }
  })();

  await firstStart;
  return {
    state: () => state,
    port: () => port,
    restarts: () => restarts,
    memoryMb: () => memoryMb,
    leftOut: () => leaveOut,
    renew(renewed) {
      tls = renewed;
      // To one that has not had its order yet it means nothing: the order will hold it.
      if (child) tell(child, { word: "renewed", tls });
    },
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
  const dist = process.env.FOCUS_GATEWAY_DIST ?? "dist";
  return existsSync(beside) ? beside : path.join(packageRoot, dist, "gateway", "show", "nodered", "main.js");
}

const pick = (environment: NodeJS.ProcessEnv, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in environment).map((name) => [name, environment[name]]));
