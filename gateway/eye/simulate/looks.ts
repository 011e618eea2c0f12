import type { Target } from "../../terms.ts";
import { between, type Random } from "./random.ts";
import { DESK_HEIGHT, type Room, type Seat } from "./room.ts";
import type { Vector } from "./rotation.ts";

/** What exactly a student looks at, and which target that is. A lesson's event names one of these. */
export const LOOKS = ["board", "desk", "screen", "peer", "window", "door", "ceiling", "rest"] as const;
export type Look = (typeof LOOKS)[number];

export const targetOf: Readonly<Record<Look, Target>> = {
  board: "board",
  desk: "desk",
  screen: "screen",
  peer: "peer",
  window: "away",
  door: "away",
  ceiling: "away",
  rest: "away",
};

/** How often each look stands behind a target. */
export const looksAt: Readonly<Record<Target, readonly (readonly [Look, number])[]>> = {
  board: [["board", 1]],
  desk: [["desk", 1]],
  screen: [["screen", 1]],
  peer: [["peer", 1]],
  away: [
    ["window", 5],
    ["door", 2],
    ["ceiling", 1],
    ["rest", 1],
  ],
};

/**
 * How much of the way to what is looked at the head goes, across and up or down; the eyes do the rest. People move
 * their head fully for far things to the side and least for what lies just below (Stiefelhagen & Zhu 2002 found about
 * two thirds on average, in meetings).
 */
export const headShare: Readonly<Record<Look, { readonly across: number; readonly up: number }>> = {
  board: { across: 0.9, up: 0.7 },
  desk: { across: 0.7, up: 0.43 },
  screen: { across: 0.7, up: 0.25 },
  peer: { across: 0.62, up: 0.6 },
  window: { across: 0.68, up: 0.7 },
  door: { across: 0.68, up: 0.7 },
  ceiling: { across: 0.7, up: 0.5 },
  rest: { across: 0.7, up: 0.5 },
};

/** A point in the room that a student in that seat may look at, for that look. */
export function pointFor(look: Look, room: Room, seat: Seat, random: Random): Vector {
  const [x, , z] = seat.head;
  switch (look) {
    case "board": {
      const { centre, width, height } = room.board;
      return [
        centre[0] + between(random, -0.3, 0.3) * width,
        centre[1] + between(random, -0.25, 0.35) * height,
        centre[2],
      ];
    }
    case "desk":
      return [x + between(random, -0.1, 0.1), DESK_HEIGHT + 0.01, z - between(random, 0.32, 0.42)];
    case "screen":
      return [x + between(random, -0.06, 0.06), DESK_HEIGHT + between(random, 0.12, 0.2), z - 0.52];
    case "peer":
      return peerOf(room, seat, random);
    case "window":
      return [-room.halfWidth, between(random, 1.3, 1.9), z - between(random, 0.3, 2)];
    case "door":
      return [room.halfWidth, between(random, 1.1, 1.7), 1];
    case "ceiling":
      return [x + between(random, -1, 1), room.height, z - between(random, 1.5, 2.5)];
    case "rest":
      return [x + between(random, -0.2, 0.2), DESK_HEIGHT, z - 0.5];
  }
}

/** The head of a neighbour beside, or now and then in front; somebody who sits alone looks to the empty place beside. */
function peerOf(room: Room, seat: Seat, random: Random): Vector {
  const [x, y, z] = seat.head;
  const near = room.seats.filter(
    (other) =>
      other !== seat && Math.abs(other.head[0] - x) < 1 && other.row <= seat.row && seat.row - other.row <= 1,
  );
  const beside = near.filter((other) => other.row === seat.row);
  const from = beside.length > 0 && random() < 0.85 ? beside : near;
  const peer = from[Math.floor(random() * from.length)];
  return peer ? [peer.head[0], peer.head[1], peer.head[2] - 0.1] : [x + 0.8, y, z - 0.2];
}
