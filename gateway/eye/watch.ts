import { reason } from "../errors.ts";
import type { CameraState, Clock, Frame } from "../terms.ts";
import { backoffMs } from "./backoff.ts";
import type { Camera } from "./capture/camera.ts";

/** A camera that is being looked through. */
export interface Watch {
  /** Resolves when there is nothing more to see: the film has ended, or `stop` was called. */
  readonly over: Promise<void>;
  /** Stops looking and closes the camera. May be called more than once. */
  stop(): Promise<void>;
}

export interface WatchContext {
  readonly clock: Clock;
  /** Without a picture for so long a camera counts as stalled, and is closed and opened again. Null: it may take its time. */
  readonly stalledAfterSeconds: number | null;
  /** Whether to try again when the camera is lost. A recording that breaks off just ends. */
  readonly again: boolean;
  look(frame: Frame): Promise<void>;
  /** Told each change of state, once. */
  say(state: CameraState, problem?: string): void;
}

/** A camera that worked for so long is tried again at once, however often it was lost before. */
const STEADY_MS = 30_000;
/** How long `stop` waits for a driver that is still opening. One that opens later is closed at once. */
const OPENING_GRACE_MS = 2_000;

/** Opens a camera and looks at each of its frames, opening it again whenever it is lost, until it ends or is stopped. */
export function watch(open: () => Promise<Camera>, context: WatchContext): Watch {
  const { clock, look } = context;
  const stopping = new AbortController();
  let camera: Camera | null = null;

  let said = "";
  const say = (state: CameraState, problem?: string) => {
    if (stopping.signal.aborted || said === `${state} ${problem}`) return;
    said = `${state} ${problem}`;
    context.say(state, problem);
  };

  async function lookUntilItEnds(): Promise<void> {
    const opened = await open();
    camera = opened;
    try {
      while (!stopping.signal.aborted) {
        const frame = await inTime(opened.next());
        if (frame === null) return;
        await look(frame);
        say("ok");
      }
    } finally {
      camera = null;
      await opened.close();
    }
  }

  async function inTime(next: Promise<Frame | null>): Promise<Frame | null> {
    if (context.stalledAfterSeconds === null) return next;
    const arrived = new AbortController();
    const late = clock.sleep(context.stalledAfterSeconds * 1000, arrived.signal).then(() => STALLED);
    const first = await Promise.race([next, late]).finally(() => arrived.abort());
    if (first !== STALLED) return first as Frame | null;
    next.catch(() => {}); // the camera is about to be closed; what it says now is of no interest
    throw STALLED;
  }

  async function keepLooking(): Promise<void> {
    say("opening");
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const began = clock.elapsed();
      try {
        await lookUntilItEnds();
        return say("ended");
      } catch (error) {
        if (!context.again) return say("ended", reason(error));
        if (error === STALLED) say("stalled", `no picture for ${context.stalledAfterSeconds} s`);
        else say("lost", reason(error));
      }
      if (clock.elapsed() - began > STEADY_MS) attempt = 0;
      await clock.sleep(backoffMs(attempt), stopping.signal);
    }
  }

  const over = keepLooking();
  return {
    over,
    async stop() {
      stopping.abort();
      const waited = new AbortController();
      await camera?.close();
      await Promise.race([over, clock.sleep(OPENING_GRACE_MS, waited.signal)]);
      waited.abort();
    },
  };
}

const STALLED = Symbol("stalled");
