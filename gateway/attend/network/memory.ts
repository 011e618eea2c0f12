import { STEPS } from "../../../models/attention/pack.ts";
import type { Face, SeatedFace } from "../../terms.ts";
import type { Looks } from "./features.ts";
import { learnUsual, type Usual } from "./usual.ts";

export const STEP_MS = 500;

/** The last 30 s of one camera, seat by seat, on a grid of two looks a second whatever the camera's own rate. */
export interface Memory {
  /** Puts what was seen into its step; of several looks in one step the last stays. Looks from before the last step are dropped. */
  see(faces: readonly SeatedFace[], time: number): void;
  /** The step under way. */
  readonly step: number;
  /** Seats seen within the window, with their looks up to the step under way. */
  seats(): { readonly seat: number; readonly looks: Looks; readonly usual: Usual }[];
}

interface Kept {
  /** A ring: the look of step s stands at s modulo STEPS. */
  readonly ring: { step: number; face: Face }[];
  readonly usual: ReturnType<typeof learnUsual>;
  last: number;
}

export function rememberCamera(): Memory {
  const kept = new Map<number, Kept>();
  let now = Number.NEGATIVE_INFINITY;

  return {
    get step() {
      return now;
    },
    see(faces, time) {
      const step = Math.floor(time / STEP_MS);
      if (step < now) return;
      now = step;
      for (const face of faces) {
        const one = kept.get(face.seat) ?? { ring: [], usual: learnUsual(), last: Number.NEGATIVE_INFINITY };
        kept.set(face.seat, one);
        one.ring[step % STEPS] = { step, face };
        // Once a step, so that a faster camera does not weigh more.
        if (one.last < step) one.usual.add(face, step);
        one.last = step;
      }
      for (const [seat, { last }] of kept) if (now - last >= STEPS) kept.delete(seat);
    },
    seats() {
      return [...kept].map(([seat, { ring, usual }]) => ({
        seat,
        usual: usual.at(now),
        looks: Array.from({ length: STEPS }, (_, index) => {
          const step = now - STEPS + 1 + index;
          const look = ring[((step % STEPS) + STEPS) % STEPS];
          return look?.step === step ? look.face : null;
        }),
      }));
    },
  };
}
