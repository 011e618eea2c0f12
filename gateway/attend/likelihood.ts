import type { Face, Target, TargetShares } from "../terms.ts";
import { TARGETS } from "../terms.ts";
import { aheadFrom, type BoardDirection, boardFrom } from "./directions.ts";

/** What the room holds, as far as it changes where heads turn. */
export interface Layout {
  readonly board: BoardDirection;
  /** How wide the camera sees, in degrees. */
  readonly fieldOfViewDegrees: number;
  /** Whether students have screens of their own. Where there are none, nobody is said to look at one. */
  readonly screens: boolean;
}

/**
 * How far below the board one looks. Head pitch covers only part of the way, the eyes do the rest; the spreads hold
 * that, the variety of desks and people, and the pose network's error (6° mean on AFLW2000: Ruiz et al. 2018).
 */
const DESK_BELOW = 30;
const SCREEN_BELOW = 16;
const PEER_ASIDE = 48;

/** Long-run shares of the targets. One set for every activity, so that what is hoped for never tilts what is seen. */
const PRIOR: TargetShares = { board: 0.34, desk: 0.3, screen: 0.14, peer: 0.1, away: 0.12 };

/** How often the eyes look closed to a camera while attending to each target: lids come down with the gaze. */
const LIDS_DOWN: TargetShares = { board: 0.08, desk: 0.6, screen: 0.35, peer: 0.08, away: 0.2 };

export function priorOf({ screens }: Pick<Layout, "screens">): TargetShares {
  return screens ? PRIOR : normalised({ ...PRIOR, screen: 0 });
}

/** How probable the seen pose and eyelids are under each target (a density; only the ratios mean something). */
export function likelihoodOf(face: Face, { board, fieldOfViewDegrees, screens }: Layout): TargetShares {
  const toBoard = boardFrom(face.box, board);
  const ahead = aheadFrom(face.box, fieldOfViewDegrees);
  const down = (below: number) => toBoard.pitch - below;
  // A desk or screen is turned to with the whole body, which faces somewhere between ahead and the board.
  const own = (ahead + toBoard.yaw) / 2;
  const aside = (side: number) =>
    bell(face.yaw, own + side * PEER_ASIDE, 17) * bell(face.pitch, toBoard.pitch - 5, 12);
  const lids = (target: Target) => eyelids(face.eyesOpen, LIDS_DOWN[target]);
  return {
    board: bell(face.yaw, toBoard.yaw, 12) * bell(face.pitch, toBoard.pitch, 8) * lids("board"),
    desk: bell(face.yaw, own, 15) * bell(face.pitch, down(DESK_BELOW), 9) * lids("desk"),
    screen: screens ? bell(face.yaw, own, 13) * bell(face.pitch, down(SCREEN_BELOW), 6) * lids("screen") : 0,
    peer: ((aside(-1) + aside(1)) / 2) * lids("peer"),
    away: bell(face.yaw, own, 60) * bell(face.pitch, toBoard.pitch, 35) * lids("away"),
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
