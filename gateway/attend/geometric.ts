import { createHash } from "node:crypto";
import type { Activity, Attention, SeatAttention, View } from "../terms.ts";
import { type Belief, firstBelief, mostLikely, nextBelief } from "./belief.ts";
import { learnBoard } from "./board.ts";
import { BOARD_AT_CAMERA, type Outlook } from "./directions.ts";
import { type Layout, likelihoodOf, priorOf } from "./likelihood.ts";
import { followRoom } from "./mixture.ts";
import type { AttendOptions } from "./options.ts";

/**
 * What is left of the difference between focus and truth when heads are many: root mean square over eight drawn rooms of
 * several kinds (models/packs/attention/evaluation.json), in which nobody has said where the board is. Nobody has measured
 * it in a real room.
 */
const ROOM_ERROR = 0.17;

/** A seat not seen for this long starts anew. */
const FORGET_MS = 30_000;

export interface GeometricEstimate {
  readonly model: string;
  /**
   * Views of one camera must come in the order of their time. The activity decides only when the board's direction is
   * learnt (in lectures); it never tilts what a head is said to attend to.
   */
  observe(view: View, activity: Activity): Attention;
  /** Drops what has been learnt of that camera's view. */
  forget(camera: string): void;
}

/**
 * The geometric estimate: head pose and eyelids against the directions of what there is to look at, smoothed over
 * time. Every camera learns its own board direction.
 *
 * @param settleSeconds for how long a lecture may go without an estimate while that direction is still being learnt;
 *   then the board is taken to be beside the camera. 0 for single pictures, which teach nothing.
 */
export function estimateByGeometry(options: AttendOptions, settleSeconds = 10): GeometricEstimate {
  const cameras = new Map<string, (view: View, activity: Activity) => SeatAttention[]>();
  const model = `geometric@${createHash("sha256").update(GEOMETRY_VERSION).digest("hex").slice(0, 8)}`;
  return {
    model,
    observe(view, activity) {
      const attend = cameras.get(view.camera) ?? attendOneCamera(options, settleSeconds);
      cameras.set(view.camera, attend);
      return {
        camera: view.camera,
        time: view.time,
        seats: attend(view, activity),
        roomError: ROOM_ERROR,
        model,
        engine: view.engine,
      };
    },
    forget: (camera) => void cameras.delete(camera),
  };
}

/** Change it whenever the estimate changes: researchers tell results apart by it. */
const GEOMETRY_VERSION = "geometric 4";

function attendOneCamera({ board, fieldOfViewDegrees, screens }: AttendOptions, settleSeconds: number) {
  const beliefs = new Map<number, Belief>();
  const found = learnBoard();
  const room = followRoom(priorOf({ screens }));
  let began: number | undefined;

  return (view: View, activity: Activity): SeatAttention[] => {
    if (!board && activity === "lecture") found.see(view.faces, view.time);
    // Not later than now, though the clock was set back.
    began = Math.min(began ?? view.time, view.time);
    const direction = board ?? found.direction();
    const settling = activity === "lecture" && view.time - began < settleSeconds * 1000;
    if (!direction && settling) return [];
    const layout: Layout = {
      board: direction ?? BOARD_AT_CAMERA,
      outlook: outlookOf(view, fieldOfViewDegrees),
      screens,
    };
    for (const [seat, belief] of beliefs) if (view.time - belief.time > FORGET_MS) beliefs.delete(seat);
    const likelihoods = view.faces.map((face) => likelihoodOf(face, layout));
    room.see(likelihoods, view.time);
    const prior = room.shares();
    return view.faces.map((face, index) => {
      const before = beliefs.get(face.seat);
      const likelihood = likelihoods[index]!;
      const { belief, shift } = before
        ? nextBelief(before, view.time, prior, likelihood)
        : { belief: firstBelief(view.time, prior, likelihood), shift: null };
      beliefs.set(face.seat, belief);
      return {
        camera: view.camera,
        seat: face.seat,
        targets: belief.shares,
        confidence: belief.shares[mostLikely(belief.shares)],
        shift,
      };
    });
  };
}

/** Pixels are square, so the height of the view follows from its width. */
function outlookOf({ faces, width, height }: View, fieldOfViewDegrees: number): Outlook {
  const rows = faces.map(({ box }) => box.y + box.height / 2);
  return {
    width: fieldOfViewDegrees,
    height: (fieldOfViewDegrees * height) / width,
    middleRow: rows.reduce((sum, row) => sum + row, 0) / Math.max(1, rows.length),
  };
}
