import type { Attention, View } from "../../terms.ts";
import { fitHomography, type Homography, type Landmark } from "./homography.ts";

/** Leaves out of a camera's moment the heads that another camera answers for. */
export type Join = (view: View, attention: Attention) => Attention;

/** Landmarks by camera. A camera without any shares its heads with no other. */
export type Landmarks = Readonly<Record<string, readonly Landmark[] | undefined>>;

/** Two heads this near are one, in metres: less than there is between seats, more than tape measure and lens are off. */
const SAME_PLACE = 0.5;
/** How long a camera answers for a head it has last seen, in ms: a hand before the face is no reason to hand it over. */
const PATIENCE_MS = 3_000;
/** How fast the size of a head follows what is seen, so that who answers for it does not change with every picture. */
const FOLLOW = 0.1;

interface Sighting {
  x: number;
  y: number;
  /** Of the head in this camera's picture, in pixels, smoothed. */
  size: number;
  time: number;
}

/**
 * A head that several cameras see is counted once, by the camera that sees it largest; when that one loses it, the next
 * takes over. Which heads are one is told by where they are in the room, and by nothing else.
 */
export function joinSeats(landmarks: Landmarks): Join {
  const planes = new Map<string, Homography>();
  for (const [camera, known] of Object.entries(landmarks)) {
    const plane = known && fitHomography(known);
    if (plane) planes.set(camera, plane);
  }
  if (planes.size < 2) return (_, attention) => attention;
  const cameras = new Map<string, Map<number, Sighting>>();

  function note({ camera, faces, time, width, height }: View, plane: Homography): Map<number, Sighting> {
    const seats = cameras.get(camera) ?? new Map<number, Sighting>();
    cameras.set(camera, seats);
    for (const { seat, box } of faces) {
      const place = plane(box.x + box.width / 2, box.y + box.height / 2);
      const now = Math.sqrt(box.width * width * box.height * height);
      const before = seats.get(seat);
      seats.set(seat, { ...place, time, size: before ? before.size + FOLLOW * (now - before.size) : now });
    }
    // A clock that was set back leaves sightings from later than now.
    for (const [seat, sighting] of seats)
      if (Math.abs(time - sighting.time) > PATIENCE_MS) seats.delete(seat);
    return seats;
  }

  return (view, attention) => {
    const plane = planes.get(view.camera);
    if (!plane) return attention;
    const own = note(view, plane);
    const elsewhere = new Set<number>();
    for (const [camera, theirs] of cameras) {
      if (camera === view.camera) continue;
      const fresh = new Map([...theirs].filter(([, { time }]) => Math.abs(view.time - time) <= PATIENCE_MS));
      for (const { one, other } of pairsOf(own, fresh)) {
        const [mine, its] = [own.get(one)!.size, fresh.get(other)!.size];
        if (its > mine || (its === mine && camera < view.camera)) elsewhere.add(one);
      }
    }
    return { ...attention, seats: attention.seats.filter(({ seat }) => !elsewhere.has(seat)) };
  };
}

/** Seats that are the same place: the nearest first, each seat once, so that neighbours are not taken for one another. */
function pairsOf(ones: ReadonlyMap<number, Sighting>, others: ReadonlyMap<number, Sighting>) {
  const near = [...ones].flatMap(([one, a]) =>
    [...others].map(([other, b]) => ({ one, other, distance: Math.hypot(a.x - b.x, a.y - b.y) })),
  );
  const [takenOnes, takenOthers] = [new Set<number>(), new Set<number>()];
  return near
    .filter(({ distance }) => distance <= SAME_PLACE)
    .sort((a, b) => a.distance - b.distance)
    .filter(({ one, other }) => {
      if (takenOnes.has(one) || takenOthers.has(other)) return false;
      takenOnes.add(one);
      takenOthers.add(other);
      return true;
    });
}
