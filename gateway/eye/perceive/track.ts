import type { Box, Face, SeatedFace } from "../../terms.ts";
import { overlap } from "./boxes.ts";

export interface TrackOptions {
  /** A seat nobody was seen in for this long is forgotten. */
  readonly forgetAfterSeconds: number;
}

export interface Seating {
  readonly faces: readonly SeatedFace[];
  /** Seats that are known and empty in this picture. */
  readonly missing: readonly number[];
}

export interface Seats {
  /** Puts the faces of one picture into seats. `time` is the picture's, in ms, and never goes back. */
  seat(faces: readonly Face[], time: number): Seating;
  /** Where the seats are in which faces have been found often enough to expect one. */
  places(): Box[];
}

interface Seat {
  readonly number: number;
  box: Box;
  seenAt: number;
  /** In how many pictures a face was found here, up to SETTLED. */
  times: number;
}

/** A face seen less often than this was perhaps none: it is not missed when it is gone, and soon forgotten. */
const SETTLED = 3;
const FORGET_UNSETTLED_MS = 1_500;
/** How far a head may move between two pictures, in its own widths, and still sit in the same seat. */
const REACH = 0.8;

/**
 * Puts faces into seats by where they are, and by nothing else: no feature of a face is kept or compared, so that a
 * seat names a place and never a person. Numbers count up from 1 and are not used twice.
 */
export function createSeats({ forgetAfterSeconds }: TrackOptions): Seats {
  let seats: Seat[] = [];
  let next = 1;

  return {
    seat(faces, time) {
      seats = seats.filter(({ seenAt, times }) => {
        const patience = times < SETTLED ? FORGET_UNSETTLED_MS : forgetAfterSeconds * 1_000;
        // Either way: what was seen at a time that is yet to come was seen before the clock was set back.
        return Math.abs(time - seenAt) <= patience;
      });
      const taken = assign(faces, seats);
      const seated = faces.map((face, index): SeatedFace => {
        let seat = taken.get(index);
        if (!seat) {
          seat = { number: next++, box: face.box, seenAt: time, times: 0 };
          seats.push(seat);
        }
        seat.box = face.box;
        seat.seenAt = time;
        seat.times = Math.min(SETTLED, seat.times + 1);
        return { ...face, seat: seat.number };
      });
      const present = new Set(seated.map(({ seat }) => seat));
      const missing = seats.filter(({ number, times }) => times >= SETTLED && !present.has(number));
      return { faces: seated, missing: missing.map(({ number }) => number) };
    },
    places: () => seats.filter(({ times }) => times >= SETTLED).map(({ box }) => box),
  };
}

/** Which face takes which seat: the closest pairs first, each face and each seat once. */
function assign(faces: readonly Face[], seats: readonly Seat[]): Map<number, Seat> {
  const pairs = faces.flatMap((face, index) =>
    seats.map((seat) => ({ index, seat, closeness: closeness(face.box, seat.box) })),
  );
  const taken = new Map<number, Seat>();
  const used = new Set<Seat>();
  for (const { index, seat } of pairs
    .filter((pair) => pair.closeness > 0)
    .sort((a, b) => b.closeness - a.closeness || a.seat.number - b.seat.number)) {
    if (taken.has(index) || used.has(seat)) continue;
    taken.set(index, seat);
    used.add(seat);
  }
  return taken;
}

/** 0 for places too far apart to be one; overlapping boxes are always closer than boxes that do not touch. */
function closeness(a: Box, b: Box): number {
  const across = Math.abs(a.x + a.width / 2 - b.x - b.width / 2) / Math.max(a.width, b.width);
  const down = Math.abs(a.y + a.height / 2 - b.y - b.height / 2) / Math.max(a.height, b.height);
  const distance = Math.hypot(across, down);
  return distance >= REACH ? 0 : overlap(a, b) + (1 - distance / REACH);
}
