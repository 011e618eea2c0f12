import { STEPS } from "../../../models/attention/pack.ts";
import type { Face, SeatedFace } from "../../terms.ts";
import type { Looks } from "./features.ts";
import { learnUsual, type Usual } from "./usual.ts";

export const STEP_MS = 500;

/** The last 30 s of one camera, seat by seat, on a grid of two looks a second whatever the camera's own rate. */
export interface Memory {
  /**
   * Puts what was seen into its step; of several looks in one step the last stays. Looks from before the last step are
   * dropped; from long before, somebody has set the clock back, and the window begins anew.
   */
  see(faces: readonly SeatedFace[], time: number): void;
  /** The step under way. */
  readonly step: number;
  /** Seats seen within the window, with their looks up to the step under way. */
  seats(): { readonly seat: number; readonly looks: Looks; readonly usual: Usual }[];
  /** What is usual for every place known, taken or not. */
  places(): Usual[];
}

/** A head this many widths off sits in another place. */
const REACH = 0.8;
/** A look is never so many steps late: pictures of one camera come one after the other. */
const SET_BACK_STEPS = 4;
/** More places than a room has; the ones least looked at go first. */
const MOST_PLACES = 200;

interface Kept {
  /** A ring: the look of step s stands at s modulo STEPS. */
  readonly ring: { step: number; face: Face }[];
  readonly usual: ReturnType<typeof learnUsual>;
  last: number;
}

/** @param known what was usual for the room's places before, so that a seat need not be learnt anew. */
export function rememberCamera(known: readonly Usual[] = []): Memory {
  const kept = new Map<number, Kept>();
  let empty = [...known];

  function newSeat(face: SeatedFace, step: number): Kept {
    const before = empty.find((place) => isAt(face, place));
    empty = empty.filter((place) => place !== before);
    return { ring: [], usual: learnUsual(step, before), last: Number.NEGATIVE_INFINITY };
  }

  function leave(seat: number, { usual, last }: Kept) {
    kept.delete(seat);
    empty.push(usual.at(last));
    if (empty.length > MOST_PLACES) empty = empty.sort((a, b) => b.looks - a.looks).slice(0, MOST_PLACES);
  }

  let now = Number.NEGATIVE_INFINITY;

  return {
    get step() {
      return now;
    },
    see(faces, time) {
      const step = Math.floor(time / STEP_MS);
      // Else nothing would go in until the time before has come again, and the last answer would stand for so long.
      if (step < now - SET_BACK_STEPS) for (const [seat, one] of kept) leave(seat, one);
      else if (step < now) return;
      now = step;
      for (const face of faces) {
        const one = kept.get(face.seat) ?? newSeat(face, step);
        kept.set(face.seat, one);
        one.ring[step % STEPS] = { step, face };
        // Once a step, so that a faster camera does not weigh more.
        if (one.last < step) one.usual.add(face, step);
        one.last = step;
      }
      for (const [seat, one] of kept) if (now - one.last >= STEPS) leave(seat, one);
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
    places: () => [...[...kept.values()].map(({ usual, last }) => usual.at(last)), ...empty],
  };
}

function isAt({ box }: Face, { x, y, width, height }: Usual): boolean {
  const across = (box.x + box.width / 2 - x) / 2 ** width;
  const down = (box.y + box.height / 2 - y) / 2 ** height;
  return Math.hypot(across, down) < REACH;
}
