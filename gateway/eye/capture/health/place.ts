import { edgesOf, type Shift, shiftBetween } from "./shift.ts";
import type { Thumbnail } from "./thumbnail.ts";

/** A camera is not moved every second. */
const EVERY_MS = 5_000;
/** So many comparisons in a row must say the same: people who walk past, or a door that opens, are soon gone. */
const SURE = 3;
/** A picture is shifted when its edges fit better elsewhere by so much; below `STRANGE` they fit nowhere. */
const BETTER = 0.08;
const ALIKE = 0.4;
const STRANGE = 0.22;
/** How much of each comparison goes into what is remembered: chairs move, the sun goes round. Half in six minutes. */
const FOLLOW = 0.01;
/** A room that nobody answers for is the new room after so long. */
const ACCEPTED_AFTER_MS = 10 * 60_000;

/** Notices when a camera has been moved. It holds edges of a 64 × 36 picture, in memory only. */
export interface Place {
  /** Whether the camera looks elsewhere than it did. `at` is monotonic ms. */
  moved(thumbnail: Thumbnail, at: number): boolean;
}

/**
 * @param accepts whether a new place becomes the usual one after ten minutes. Where a mask was drawn for the old one it
 *   must not: then only moving the camera back, or a new start, ends it.
 */
export function watchPlace(accepts: boolean): Place {
  let before: Float32Array | null = null;
  let comparedAt = Number.NEGATIVE_INFINITY;
  let moved = false;
  let movedAt = 0;
  let contrary = 0;

  return {
    moved(thumbnail, at) {
      if (at - comparedAt < EVERY_MS) return moved;
      comparedAt = at;
      const now = edgesOf(thumbnail);
      if (before === null || (moved && accepts && at - movedAt > ACCEPTED_AFTER_MS)) {
        before = now;
        moved = false;
        contrary = 0;
        return moved;
      }
      const elsewhere = isElsewhere(shiftBetween(before, now));
      contrary = elsewhere === moved ? 0 : contrary + 1;
      if (contrary === SURE) {
        moved = elsewhere;
        movedAt = at;
        contrary = 0;
      }
      if (!elsewhere && !moved) {
        for (const [index, edge] of now.entries()) before[index]! += FOLLOW * (edge - before[index]!);
      }
      return moved;
    },
  };
}

function isElsewhere({ across, down, likeness, unshifted }: Shift): boolean {
  if (likeness < STRANGE) return true;
  return (across !== 0 || down !== 0) && likeness >= ALIKE && likeness - unshifted > BETTER;
}
