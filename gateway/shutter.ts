import type { Eye } from "./eye/eye.ts";

/** Everybody who can have the cameras shut. */
export type Holder = "teacher" | "profile" | "timetable";

export interface ShutterContext {
  /** At once when nothing more may be counted, and again when counting may go on. */
  pause(paused: boolean): void;
  /**
   * Before the first camera opens: everybody is asked once more, the light goes on, the audit log is written. When it
   * resolves with false, or rejects, they stay shut.
   */
  opening(): Promise<boolean>;
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
  /** Tries again what did not come about: a light that would not shine then may shine now. */
  retry(): Promise<void>;
}

export function openShutter({ pause, opening, closed }: ShutterContext): Shutter {
  const holders = new Map<Holder, string>();
  let eye: Eye | null = null;
  let open = false;
  /** One movement after the other, each to where it should be by then. */
  let moving: Promise<void> = Promise.resolve();

  function move(by: Holder | null): Promise<void> {
    moving = moving.catch(() => {}).then(() => settle(by));
    return moving;
  }

  async function settle(by: Holder | null): Promise<void> {
    if (!eye) return;
    const shouldBe = holders.size === 0;
    if (shouldBe && !open) {
      if (!(await opening())) return pause(true);
      await eye.resume();
      open = true;
    } else if (!shouldBe && open) {
      await eye.pause();
      open = false;
      await closed(by, by === null ? null : (holders.get(by) ?? null));
    }
    // Somebody may have come meanwhile, or have come and gone before anything moved.
    if (open && holders.size === 0) pause(false);
  }

  return {
    get open() {
      return open;
    },
    holders,
    async hold(who, because) {
      holders.set(who, because);
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
    retry: () => move(null),
  };
}
