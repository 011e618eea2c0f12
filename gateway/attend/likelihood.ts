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
const DESK_BELOW = 20;
const SCREEN_BELOW = 8.5;
/** To a neighbour beside, and to one in the next row, with the share of each. */
const PEERS = [
  { aside: 51, spread: 10, share: 0.6 },
  { aside: 18, spread: 10, share: 0.4 },
] as const;

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
  const beside = PEERS.map(
    ({ aside, spread, share }) =>
      (share * (bell(face.yaw, ahead.yaw - aside, spread) + bell(face.yaw, ahead.yaw + aside, spread))) / 2,
  );
  const lids = (target: Target) => eyelids(face.eyesOpen, LIDS_DOWN[target]);
  return {
    board: bell(face.yaw, toBoard.yaw, 8) * bell(face.pitch, toBoard.pitch, 5.5) * lids("board"),
    desk: bell(face.yaw, ahead.yaw, 10) * bell(face.pitch, ahead.pitch - DESK_BELOW, 7) * lids("desk"),
    screen: screens
      ? bell(face.yaw, ahead.yaw, 7) * bell(face.pitch, ahead.pitch - SCREEN_BELOW, 6) * lids("screen")
      : 0,
    peer: beside.reduce((sum, density) => sum + density, 0) * bell(face.pitch, ahead.pitch, 7) * lids("peer"),
    away: bell(face.yaw, ahead.yaw, 36) * bell(face.pitch, ahead.pitch + 3, 9) * lids("away"),
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
