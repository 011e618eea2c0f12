import type { Eye } from "./eye/eye.ts";

/** Everybody who can have the cameras shut. The last two are no people: what must work before a camera may open. */
export type Holder = "teacher" | "profile" | "timetable" | "indicator" | "audit";

/** Somebody has the cameras shut, and why. */
export interface Objection {
  readonly by: Holder;
  readonly because: string;
}

export interface ShutterContext {
  /** At once when nothing more may be counted, and again when counting may go on. */
  pause(paused: boolean): void;
  /**
   * Before the first camera opens: everybody is asked once more, the light goes on, the audit log is written. They stay shut
   * when somebody objects, and when it rejects.
   */
  opening(): Promise<Objection | null>;
  /** After the last camera has closed, with who had it closed, and why. */
  closed(by: Holder | null, because: string | null): Promise<void>;
}

/**
 * The one thing that opens and closes the cameras. They are open while nobody holds it shut: a teacher's pause, a timetable
 * with no lesson and a profile that does not allow it each hold it, and letting go of one leaves the others.
 */
export interface Shutter {
  readonly open: boolean;
  /** Who holds it, and why; the longest-standing first. */
  readonly holders: ReadonlyMap<Holder, string>;
  /** Resolves when the cameras are closed. */
  hold(who: Holder, because: string): Promise<void>;
  /** Resolves when the cameras are being opened, or stay shut for somebody else's sake. */
  release(who: Holder): Promise<void>;
  /** The eye is up, with its cameras shut: opens them unless somebody holds. */
  attach(eye: Eye): Promise<void>;
  /** Closes the cameras for good, before the eye goes. */
  detach(because: string): Promise<void>;
  /** As an objection while opening: holds until a `retry` finds that it is gone. Resolves when the cameras are closed. */
  object(objection: Objection): Promise<void>;
  /** Tries again what did not come about: a light that would not shine then may shine now. */
  retry(): Promise<void>;
}

export function openShutter({ pause, opening, closed }: ShutterContext): Shutter {
  const holders = new Map<Holder, string>();
  /** The holder that nobody will let go of, so that it is asked again whenever nobody else holds. */
  let objector: Holder | null = null;
  /** Counted, so that one which comes while the cameras are being opened is not taken for settled. */
  let objections = 0;
  let eye: Eye | null = null;
  let open = false;
  /** One movement after the other, each to where it should be by then. */
  let moving: Promise<void> = Promise.resolve();

  function next(movement: () => Promise<void>): Promise<void> {
    moving = moving.catch(() => {}).then(movement);
    return moving;
  }
  const move = (by: Holder | null, mayOpen = true) => next(() => settle(by, mayOpen));

  async function settle(by: Holder | null, mayOpen: boolean): Promise<void> {
    if (!eye) return;
    if (open && holders.size > 0) {
      await eye.pause();
      open = false;
      await closed(by, by === null ? null : (holders.get(by) ?? null));
    } else if (!open && mayOpen && [...holders.keys()].every((who) => who === objector)) {
      const before = objections;
      const objection = await opening();
      if (objection || objections === before) note(objection);
      if (objection) return pause(true);
      const [latecomer] = holders;
      if (latecomer) return closed(...latecomer);
      await eye.resume();
      open = true;
    }
    // Somebody may have come meanwhile, or have come and gone before anything moved.
    if (open && holders.size === 0) pause(false);
  }

  function note(objection: Objection | null): void {
    if (objector !== null && objector !== objection?.by) holders.delete(objector);
    objector = objection?.by ?? null;
    if (objection) holders.set(objection.by, objection.because);
  }

  return {
    get open() {
      return open;
    },
    holders,
    async hold(who, because) {
      holders.set(who, because);
      if (who === objector) objector = null;
      // Nothing more is counted from this moment on, even while the cameras are still closing.
      pause(true);
      await move(who);
    },
    async release(who) {
      if (holders.delete(who)) await move(who);
    },
    async attach(opened) {
      eye = opened;
      pause(holders.size > 0);
      await move(null);
    },
    detach: (because) =>
      next(async () => {
        const leaving = eye;
        eye = null;
        if (!leaving || !open) return;
        await leaving.pause();
        open = false;
        await closed(null, because);
      }),
    async object(objection) {
      objections += 1;
      note(objection);
      pause(true);
      await move(objection.by, false);
    },
    retry: () => move(null),
  };
}
