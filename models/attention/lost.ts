import { randomFrom } from "../../gateway/eye/simulate/random.ts";
import type { View } from "../../gateway/terms.ts";

/** How long somebody stands before the camera, in steps, on average. */
const RUN = 6;

/**
 * Takes a share of the faces out of views that follow each other: half of them one by one, half for about three seconds
 * on end. The same seed takes the same ones. As training does it (`models/training/windows.py`).
 */
export function loseFaces(share: number, seed: number): (view: View) => View {
  const random = randomFrom(seed, 701);
  const gone = new Map<number, boolean>();
  const enter = share / 2 / (1 - share / 2) / RUN;
  return (view) => {
    if (share === 0) return view;
    const lost = (seat: number): boolean => {
      const before = gone.get(seat) ?? random() < share / 2;
      const now = before ? random() > 1 / RUN : random() < enter;
      gone.set(seat, now);
      // Of those who are there, so many more go that the whole share is lost.
      return random() < share / 2 / (1 - share / 2) || now;
    };
    const faces = view.faces.filter(({ seat }) => !lost(seat));
    const missing = view.faces.filter((face) => !faces.includes(face)).map(({ seat }) => seat);
    return { ...view, faces, missing: [...view.missing, ...missing] };
  };
}
