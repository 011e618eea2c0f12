import { failure, reason } from "../errors.ts";
import type { Logger } from "../log.ts";
import type { Clock } from "../terms.ts";
import { backoffMs } from "./backoff.ts";
import { type Child, startChild } from "./child.ts";
import type { EngineState } from "./perceive/perceive.ts";
import type { FromEye, Start } from "./protocol.ts";
import type { Pace } from "./turns.ts";

/** An eye process that is started again whenever it falls, hangs, or grows too large. */
export interface Supervised {
  readonly engine: EngineState;
  /** Null until the process first says. */
  readonly pace: Pace | null;
  /** Null while there is none. */
  readonly pid: number | null;
  readonly restarts: number;
  /** Resident memory, as the process last said. */
  readonly memoryMegabytes: number;
  /** Has the cameras opened or closed, now and after every restart. Resolves when they are closed, or being opened. */
  look(open: boolean): Promise<void>;
  close(): Promise<void>;
}

export interface SuperviseContext {
  readonly clock: Clock;
  readonly log: Logger;
  readonly maximumMemoryMegabytes: number;
  hear(message: FromEye): void;
  /** Nothing will be seen until the process is up again. */
  down(problem: string): void;
}

const CHECK_MS = 1_000;
/** A process that lived for so long is started again soon, however often it fell before. */
const STEADY_MS = 60_000;
const CLOSING_MS = 5_000;
/**
 * For TensorRT alone to build its engines on a small Jetson, and more. A driver that hangs, over a GPU that does, would be
 * waited for for ever.
 */
const LONGEST_BEGINNING_MS = 30 * 60_000;

/**
 * Starts the eye process, with its cameras shut. Rejects when the first one cannot begin; every later one is tried until
 * it can. In pace `every` there is no later one: a recording cannot be taken up in the middle.
 */
export async function supervise(start: Start, context: SuperviseContext): Promise<Supervised> {
  const { clock, log } = context;
  const closing = new AbortController();
  let child: Child | null = null;
  let engine: EngineState;
  let pace: Pace | null = null;
  let looking = false;
  let restarts = 0;
  let memoryMegabytes = 0;
  let heard = clock.elapsed();

  function hear(message: FromEye): void {
    if (message.kind === "pulse") ({ memoryMegabytes, engine, pace } = message);
    if (message.kind === "pulse" || message.kind === "view") heard = clock.elapsed();
    if (!closing.signal.aborted) context.hear(message);
  }

  async function begin(): Promise<Child> {
    const born = startChild(start, hear, log);
    child = born;
    try {
      engine = await inTime(born.opened);
    } catch (error) {
      child = null;
      await born.kill();
      throw error;
    }
    heard = clock.elapsed();
    if (looking) void born.command("resume");
    return born;
  }

  async function inTime(opened: Promise<EngineState>): Promise<EngineState> {
    const over = new AbortController();
    const late = clock.sleep(LONGEST_BEGINNING_MS, over.signal).then(() => null);
    const state = await Promise.race([opened, late]).finally(() => over.abort());
    if (state === null)
      throw failure("EYE_CRASHED", { code: `not up after ${LONGEST_BEGINNING_MS / 60_000} minutes` });
    return state;
  }

  /** Resolves with what is wrong with the process, once something is. */
  async function trouble({ ended }: Child): Promise<string> {
    const over = new AbortController();
    void ended.then(() => over.abort());
    const either = AbortSignal.any([over.signal, closing.signal]);
    let checked = clock.elapsed();
    for (;;) {
      await clock.sleep(CHECK_MS, either);
      if (either.aborted) return ended;
      const now = clock.elapsed();
      // When we ourselves were held up, what the eye said meanwhile has not been read yet: it is not to blame.
      if (now - checked > 2 * CHECK_MS) heard = now;
      checked = now;
      if (now - heard > start.stalledAfterSeconds * 1000) {
        return `no sign of life for ${start.stalledAfterSeconds} s`;
      }
      if (start.pace === "live" && memoryMegabytes > context.maximumMemoryMegabytes) {
        return `it has grown to ${Math.round(memoryMegabytes)} MB of memory`;
      }
    }
  }

  async function keepAlive(first: Child): Promise<void> {
    let current: Child | null = first;
    for (let attempt = 0; ; attempt += 1) {
      const began = clock.elapsed();
      if (current !== null) {
        const problem = await trouble(current);
        if (closing.signal.aborted) return;
        child = null;
        memoryMegabytes = 0;
        await current.kill();
        const { code, message } = failure("EYE_CRASHED", { code: problem });
        log.error({ code }, message);
        context.down(message);
      }
      if (start.pace === "every") return;
      if (clock.elapsed() - began > STEADY_MS) attempt = 0;
      await clock.sleep(backoffMs(attempt), closing.signal);
      if (closing.signal.aborted) return;
      restarts += 1;
      current = await begin().catch((error) => {
        if (!closing.signal.aborted) context.down(reason(error));
        return null;
      });
      if (current !== null) log.info({ restarts }, "the eye process is up again");
    }
  }

  const keeping = keepAlive(await begin());
  return {
    get engine() {
      return engine;
    },
    get pace() {
      return pace;
    },
    get pid() {
      return child?.pid ?? null;
    },
    get restarts() {
      return restarts;
    },
    get memoryMegabytes() {
      return memoryMegabytes;
    },
    async look(open) {
      looking = open;
      await child?.command(open ? "resume" : "pause");
    },
    async close() {
      closing.abort();
      const last = child;
      const closed = new AbortController();
      await Promise.race([last?.command("close"), clock.sleep(CLOSING_MS, closed.signal)]);
      closed.abort();
      await last?.kill();
      await keeping;
    },
  };
}
