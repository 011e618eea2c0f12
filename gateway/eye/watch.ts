import { type ErrorCode, GatewayError, reason } from "../errors.ts";
import type { CameraState, Clock, Frame } from "../terms.ts";
import { backoffMs } from "./backoff.ts";
import type { Camera } from "./capture/camera.ts";
import type { Inspector, Verdict } from "./capture/health/inspect.ts";

/** A camera that is being looked through. */
export interface Watch {
  /** Resolves when there is nothing more to see: the film has ended, or `stop` was called. */
  readonly over: Promise<void>;
  /** Stops looking and closes the camera. May be called more than once. */
  stop(): Promise<void>;
}

export interface WatchContext {
  readonly clock: Clock;
  /**
   * Without a picture for so long a camera counts as stalled, and is closed and opened again; its first picture may take
   * twice as long. Null: it may take its time.
   */
  readonly stalledAfterSeconds: number | null;
  /** Whether to try again when the camera is lost. A recording that breaks off just ends. */
  readonly again: boolean;
  readonly inspector: Inspector;
  look(frame: Frame, verdict: Verdict): Promise<void>;
  /** Told each change of state, once. The code is that of the error behind it, if it has one. */
  say(state: CameraState, problem?: string, code?: ErrorCode): void;
}

/** A camera that worked for so long is tried again at once, however often it was lost before. */
const STEADY_MS = 30_000;
/** How long `stop` waits for a driver that is still opening. One that opens later is closed at once. */
const OPENING_GRACE_MS = 2_000;
/** Cameras lock their account after a few wrong passwords, so one that refuses us is asked less and less often, in ms. */
const REFUSED = { first: 5_000, longest: 1_800_000 };

/** Opens a camera and looks at each of its frames, opening it again whenever it is lost, until it ends or is stopped. */
export function watch(open: () => Promise<Camera>, context: WatchContext): Watch {
  const { clock, look, inspector } = context;
  const stopping = new AbortController();
  const patience = context.stalledAfterSeconds ?? 0;
  let camera: Camera | null = null;

  let said = "";
  const say = (state: CameraState, problem?: string, code?: ErrorCode) => {
    if (stopping.signal.aborted || said === `${state} ${problem}`) return;
    said = `${state} ${problem}`;
    context.say(state, problem, code);
  };

  /** One life of the camera: opens it, looks at each of its pictures until there are no more, and closes it. */
  async function lookOnce(life: Life): Promise<void> {
    let opened: Camera | null = null;
    try {
      camera = opened = await openInTime();
      await lookUntilItEnds(opened, life);
    } catch (error) {
      // Before it is closed: a program that hangs in the kernel, over a USB camera that does, may take its time to go.
      tell(error);
      throw error;
    } finally {
      camera = null;
      await opened?.close();
    }
  }

  async function openInTime(): Promise<Camera> {
    const opening = open();
    return inTime(opening, patience * 2).catch((error) => {
      // One that opens only when nobody waits for it any more is closed at once.
      opening.then((late) => late.close()).catch(() => {});
      throw error;
    });
  }

  async function lookUntilItEnds(opened: Camera, life: Life): Promise<void> {
    while (!stopping.signal.aborted) {
      const frame = await inTime(opened.next(), life.pictureAt === null ? patience * 2 : patience);
      if (frame === null) return;
      life.pictureAt ??= clock.elapsed();
      const verdict = inspector.inspect(frame, clock.elapsed());
      const { state, problem, usable } = verdict;
      if (usable) await look(frame, verdict);
      if (state === "frozen") throw new Trouble("frozen", problem ?? "");
      if (usable || state !== "ok") say(state, problem ?? undefined);
    }
  }

  function tell(error: unknown): void {
    if (!context.again) say("ended", reason(error));
    else if (error instanceof Trouble) say(error.state, error.message);
    else say("lost", reason(error), codeOf(error));
  }

  async function inTime<T>(coming: Promise<T>, seconds: number): Promise<T> {
    if (context.stalledAfterSeconds === null) return coming;
    const arrived = new AbortController();
    const late = clock.sleep(seconds * 1000, arrived.signal).then(() => LATE);
    const first = await Promise.race([coming, late]).finally(() => arrived.abort());
    if (first !== LATE) return first as T;
    coming.catch(() => {}); // the camera is about to be closed; what it says now is of no interest
    throw new Trouble("stalled", `no picture for ${seconds} s`);
  }

  async function keepLooking(): Promise<void> {
    say("opening");
    let refusals = 0;
    for (let attempt = 0; !stopping.signal.aborted; attempt += 1) {
      const life: Life = { pictureAt: null };
      try {
        await lookOnce(life);
        return say("ended");
      } catch (error) {
        if (!context.again) return;
        // Only a picture shows that it lets us in: one that has locked us out may just as well hang up, or say nothing.
        if (life.pictureAt !== null) refusals = 0;
        if (codeOf(error) === "CAMERA_REFUSED") refusals += 1;
      }
      if (life.pictureAt !== null && clock.elapsed() - life.pictureAt > STEADY_MS) attempt = 0;
      const pause = Math.max(backoffMs(attempt), refusals > 0 ? backoffMs(refusals - 1, REFUSED) : 0);
      await clock.sleep(pause, stopping.signal);
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

const LATE = Symbol("late");

/** From one opening of a camera to its closing. */
interface Life {
  /** When it gave its first picture, of `Clock.elapsed`. */
  pictureAt: number | null;
}

const codeOf = (error: unknown) => (error instanceof GatewayError ? error.code : undefined);

/** What is wrong with a camera that has not thrown anything itself. */
class Trouble extends Error {
  readonly state: CameraState;
  constructor(state: CameraState, problem: string) {
    super(problem);
    this.state = state;
  }
}
