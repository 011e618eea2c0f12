import type { Face, Target, TargetShares } from "../terms.ts";
import { TARGETS } from "../terms.ts";
import { aheadFrom, type BoardDirection, boardFrom, type Outlook } from "./directions.ts";

/** What the room holds, as far as it changes where heads turn. */
export interface Layout {
  readonly board: BoardDirection;
  readonly outlook: Outlook;
  /** Whether students have screens of their own. Where there are none, nobody is said to look at one. */
  readonly screens: boolean;
}

/**
 * Where heads turn, in degrees from the board (down) and from straight ahead (aside). Head pitch covers only part of
 * the way, the eyes do the rest. The spreads hold the variety of desks and people and the pose network's error (6° mean
 * on AFLW2000: Ruiz et al. 2018). Both are set by what the default pack reads off the drawn class; nobody has measured
 * them on real ones.
 */
const DESK_BELOW = 21;
const SCREEN_BELOW = 10;
const PEER_ASIDE = 52;

/** Long-run shares of the targets. One set for every activity, so that what is hoped for never tilts what is seen. */
const PRIOR: TargetShares = { board: 0.34, desk: 0.3, screen: 0.14, peer: 0.1, away: 0.12 };

/** How often the eyes look closed to a camera while attending to each target: lids come down with the gaze. */
const LIDS_DOWN: TargetShares = { board: 0.06, desk: 0.7, screen: 0.45, peer: 0.1, away: 0.15 };

export function priorOf({ screens }: Pick<Layout, "screens">): TargetShares {
  return screens ? PRIOR : normalised({ ...PRIOR, screen: 0 });
}

/** How probable the seen pose and eyelids are under each target (a density; only the ratios mean something). */
export function likelihoodOf(face: Face, { board, outlook, screens }: Layout): TargetShares {
  const toBoard = boardFrom(face.box, board);
  const ahead = aheadFrom(face.box, board.pitch, outlook);
  const aside = (side: number) => bell(face.yaw, ahead.yaw + side * PEER_ASIDE, 25);
  const lids = (target: Target) => eyelids(face.eyesOpen, LIDS_DOWN[target]);
  return {
    board: bell(face.yaw, toBoard.yaw, 8) * bell(face.pitch, toBoard.pitch, 6) * lids("board"),
    desk: bell(face.yaw, ahead.yaw, 16) * bell(face.pitch, ahead.pitch - DESK_BELOW, 9) * lids("desk"),
    screen: screens
      ? bell(face.yaw, ahead.yaw, 12) * bell(face.pitch, ahead.pitch - SCREEN_BELOW, 6) * lids("screen")
      : 0,
    peer: ((aside(-1) + aside(1)) / 2) * bell(face.pitch, ahead.pitch, 8) * lids("peer"),
    away: bell(face.yaw, ahead.yaw, 45) * bell(face.pitch, ahead.pitch, 14) * lids("away"),
  };
}

function bell(value: number, middle: number, spread: number): number {
  const z = (value - middle) / spread;
  return Math.exp(-0.5 * z * z) / spread;
}

/** Bernoulli likelihood of an uncertain observation; 1 where the eyes could not be read. */
function eyelids(open: number | null, closedShare: number): number {
  return open === null ? 1 : open * (1 - closedShare) + (1 - open) * closedShare;
}

/** Scales to a sum of 1. A sum of zero comes back as the prior: nothing was learnt. */
export function normalised(shares: TargetShares): TargetShares {
  const sum = TARGETS.reduce((total, target) => total + shares[target], 0);
  if (!(sum > 0)) return PRIOR;
  return mapShares((target) => shares[target] / sum);
}

export function mapShares(value: (target: Target) => number): TargetShares {
  return {
    board: value("board"),
    desk: value("desk"),
    screen: value("screen"),
    peer: value("peer"),
    away: value("away"),
  };
}
