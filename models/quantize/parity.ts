import { overlap, type Scored, strongest } from "../../gateway/eye/perceive/boxes.ts";
import type { Role } from "../manifest.ts";
import type { Answers } from "./ask.ts";

/** How far a network's answers are from those of its float32 original, in the role's own terms. */
export interface Parity {
  readonly what: string;
  readonly value: number;
  /** What is still as good as the original. */
  readonly limit: number;
}

export const isParity = ({ value, limit }: Parity) => value <= limit;

/**
 * What each role's answers may differ by on average, with 1.5° and 1 % as the promise of docs/models.md. A point of the
 * face may move by a hundredth of the face's size, about a third of a pixel in a face that is large enough for eyes.
 */
const MEASURES: Readonly<
  Record<
    Role,
    { readonly what: string; readonly limit: number; of(was: Answers, is: Answers, pictures: number): number }
  >
> = {
  detect: { what: "share of faces lost or invented, whichever is larger", limit: 0.01, of: lostFaces },
  pose: {
    what: "mean difference of the worst of yaw, pitch and roll, degrees",
    limit: 1.5,
    of: (was, is) => largestMean(was.angles!, is.angles!, 3),
  },
  landmarks: {
    what: "mean difference of a coordinate, shares of the face",
    limit: 0.01,
    of: (was, is) => mean(was.points!, is.points!),
  },
  eyes: {
    what: "mean difference of the probability of open",
    limit: 0.05,
    of: (was, is) => mean(was.open!, is.open!),
  },
};

/** Compares the answers for so many pictures. */
export function parityOf(role: Role, was: Answers, is: Answers, pictures: number): Parity {
  const { what, limit, of } = MEASURES[role];
  return { what, limit, value: of(was, is, pictures) };
}

/**
 * The same, as a number that also moves when nothing is lost yet: for putting layers in order. For all roles but `detect`
 * it is the parity itself; there it is how far the scores of what might be a face have moved.
 */
export function distance(role: Role, was: Answers, is: Answers): number {
  if (role !== "detect") return MEASURES[role].of(was, is, 1);
  let [sum, count] = [0, 1];
  for (const [at, score] of was.scores!.entries()) {
    if (score < CANDIDATE && is.scores![at]! < CANDIDATE) continue;
    sum += Math.abs(score - is.scores![at]!);
    count += 1;
  }
  return sum / count;
}

const mean = (was: Float32Array, is: Float32Array) =>
  was.reduce((sum, value, at) => sum + Math.abs(value - is[at]!), 0) / was.length;

/** The mean difference of the worst of several things that come in turn: yaw, pitch, roll. */
function largestMean(was: Float32Array, is: Float32Array, things: number): number {
  const sums = new Array<number>(things).fill(0);
  for (const [at, value] of was.entries()) sums[at % things]! += Math.abs(value - is[at]!);
  return (Math.max(...sums) * things) / was.length;
}

/** What the gateway takes for a face by default, and what it would look at again. */
const FACE = 0.7;
const CANDIDATE = 0.3;
/** Two boxes with more in common than this are one face. */
const SAME = 0.4;

/**
 * The larger of two shares: of the faces that the one finds, how many fewer the other finds; of those that the other finds,
 * how many the one had not even for a candidate. A face that is just above the limit in one and just below in the other
 * weighs against one for which it is the other way round, as it does in a lesson.
 */
function lostFaces(was: Answers, is: Answers, pictures: number): number {
  const before = facesOf(was, pictures);
  const after = facesOf(is, pictures).map((faces) => faces.filter(({ score }) => score >= FACE));
  let [there, found, invented] = [0, 0, 0];
  for (const [picture, faces] of after.entries()) {
    const known = before[picture]!;
    there += known.filter(({ score }) => score >= FACE).length;
    const real = faces.filter(({ box }) => known.some((face) => overlap(face.box, box) > SAME)).length;
    found += real;
    invented += faces.length - real;
  }
  if (there === 0) return invented > 0 ? 1 : 0;
  return Math.max(there - found, invented) / there;
}

/** Candidates of each picture, the strongest of those that mean the same face. */
function facesOf({ scores, boxes }: Answers, pictures: number): Scored[][] {
  const anchors = scores!.length / pictures;
  return Array.from({ length: pictures }, (_, picture) => {
    const found: Scored[] = [];
    for (let at = picture * anchors; at < (picture + 1) * anchors; at++) {
      if (scores![at]! < CANDIDATE) continue;
      const [left, top, right, bottom] = boxes!.subarray(at * 4, at * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      found.push({
        score: scores![at]!,
        box: { x: left, y: top, width: right - left, height: bottom - top },
      });
    }
    return strongest(found, SAME);
  });
}
