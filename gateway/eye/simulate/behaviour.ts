import { TARGETS, type Target } from "../../terms.ts";
import { DWELL, type Lesson, type LessonEvent, lengthOf, type Segment } from "./lesson.ts";
import { type Look, looksAt, pointFor, targetOf } from "./looks.ts";
import { between, pick, type Random, randomFrom, shuffled } from "./random.ts";
import type { Room, Seat } from "./room.ts";
import type { Vector } from "./rotation.ts";

/** A while during which a student looks at one thing. Times are seconds from the lesson's start. */
export interface Stay {
  readonly start: number;
  readonly end: number;
  readonly look: Look;
  readonly target: Target;
  readonly point: Vector;
}

/** What each student looks at during the whole lesson, by seat: whole, gapless and in order. */
export type Behaviour = readonly (readonly Stay[])[];

/** A stretch of the lesson for one student, their own reaction time included. */
interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly segment: Segment;
  readonly event?: LessonEvent;
}

/** Seconds until a student has taken notice of a new segment, and of an event. */
const SLOWEST_START = 4;
const [QUICKEST, SLOWEST] = [0.2, 2.2];

/**
 * A seeded semi-Markov process for each student. Each stay's target is drawn anew, with a chance in proportion to its
 * share of time over its mean stay, so that in the long run the shares of time are exactly the segment's mix; drawing
 * the same target twice is a glance at another point of it and no shift.
 */
export function behave(lesson: Lesson, room: Room, seed: number): Behaviour {
  const restless = restlessness(room, seed);
  const caught = lesson.events.map((event, index) => caughtBy(event, room, randomFrom(seed, 71, index)));
  return room.seats.map((seat) => {
    const random = randomFrom(seed, 72, seat.seat);
    return stretchesOf(lesson, (index) => caught[index]!.has(seat.seat), random).flatMap((stretch) =>
      staysIn(stretch, room, seat, restless[seat.seat]!, random),
    );
  });
}

/**
 * How much more than the mix says each student looks away: from 0.5 to 1.5, spread evenly over the class, so that the
 * class as a whole still keeps to the mix.
 */
function restlessness(room: Room, seed: number): number[] {
  const order = shuffled(randomFrom(seed, 73), room.students);
  return order.map((rank) => 0.5 + (rank + 0.5) / room.students);
}

/** Exactly the event's share of the class, rounded. */
function caughtBy(event: LessonEvent, room: Room, random: Random): Set<number> {
  return new Set(shuffled(random, room.students).slice(0, Math.round(event.share * room.students)));
}

/** Cuts the lesson into stretches: its segments, with the events that catch this student laid over them. */
function stretchesOf(lesson: Lesson, isCaught: (event: number) => boolean, random: Random): Stretch[] {
  const end = lengthOf(lesson);
  const stretches: Stretch[] = [];
  let start = 0;
  let scripted = 0;
  for (const segment of lesson.segments) {
    scripted += segment.minutes * 60;
    const last = segment === lesson.segments.at(-1);
    const until = last ? end : Math.min(end, scripted + between(random, 0.5, SLOWEST_START));
    stretches.push({ start, end: until, segment });
    start = until;
  }
  return lesson.events.reduce((whole, event, index) => {
    const from = event.at + between(random, QUICKEST, SLOWEST);
    const until = event.at + event.seconds + between(random, QUICKEST, SLOWEST);
    return isCaught(index) ? overlaid(whole, event, from, until) : whole;
  }, stretches);
}

function overlaid(stretches: readonly Stretch[], event: LessonEvent, from: number, until: number): Stretch[] {
  return stretches
    .flatMap((stretch): Stretch[] => [
      { ...stretch, end: Math.min(stretch.end, from) },
      { ...stretch, start: Math.max(stretch.start, from), end: Math.min(stretch.end, until), event },
      { ...stretch, start: Math.max(stretch.start, until) },
    ])
    .filter(({ start, end }) => end > start);
}

function staysIn(stretch: Stretch, room: Room, seat: Seat, restless: number, random: Random): Stay[] {
  const { segment, event, end } = stretch;
  const shares = sharesOf(segment, restless);
  const dwell = (target: Target) => segment.dwell[target] ?? DWELL[target];
  const draw = TARGETS.map((target) => [target, shares[target] / dwell(target)] as const);
  const stays: Stay[] = [];
  let start = stretch.start;
  while (start < end) {
    const first = stays.length === 0;
    // The first stay is met half-way through, on average: by share of time, and shorter. (Equilibrium renewal process.)
    const drawn = pick(random, first ? TARGETS.map((target) => [target, shares[target]] as const) : draw);
    const look = event ? event.to : pick(random, looksAt[drawn]);
    const target = targetOf[look];
    const mean = event ? 4 : dwell(target);
    const length = (first ? between(random, 0.2, 1) : 1) * dwellFor(mean, random);
    const point = pointFor(look, room, seat, random);
    stays.push({ start, end: Math.min(end, start + length), look, target, point });
    start += length;
  }
  return stays;
}

/** Never below a third of the mean, and gamma-distributed above: nobody stays with anything for no time. */
function dwellFor(mean: number, random: Random): number {
  const gamma = -Math.log(1 - random()) - Math.log(1 - random());
  return mean * (1 / 3 + gamma / 3);
}

/** The segment's mix as this student lives it: more or less of `away`, and the rest in proportion. */
function sharesOf({ mix }: Segment, restless: number): Record<Target, number> {
  const away = mix.away ?? 0;
  // A class that only looks away has no room for temper; near it, what is left is shared.
  const own = Math.min(1, away * (1 + (restless - 1) * Math.min(1, (1 - away) / (away || 1))));
  const rest = away < 1 ? (1 - own) / (1 - away) : 0;
  const share = (target: Target) => (target === "away" ? own : (mix[target] ?? 0) * rest);
  return Object.fromEntries(TARGETS.map((target) => [target, share(target)])) as Record<Target, number>;
}

/** Index of the stay under way at that time (the last one ever after). */
export function stayAt(stays: readonly Stay[], time: number): number {
  let [low, high] = [0, stays.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (stays[middle]!.start <= time) low = middle;
    else high = middle - 1;
  }
  return low;
}
