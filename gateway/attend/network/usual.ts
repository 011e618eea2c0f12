import type { Face } from "../../terms.ts";

/**
 * What is usual for a seat: where the head is and which way it is turned, on average, and how much that varies. This is
 * how the network gets used to a room without being trained again. It fades with a half-life of ten minutes, belongs to
 * a place and not to a person, and holds no picture.
 */
export interface Usual {
  readonly x: number;
  readonly y: number;
  /** Binary logarithms of the box's width and height in shares of the picture. */
  readonly width: number;
  readonly height: number;
  readonly yaw: number;
  readonly pitch: number;
  readonly yawVariance: number;
  readonly pitchVariance: number;
  /** How many looks that rests on, faded. */
  readonly looks: number;
}

const HALF_LIFE_STEPS = 1200;
/** A seat seen for the first time is taken to move by so many degrees; that weighs as one look. */
const SPREAD_PRIOR = 10;

/** What was usual for a place before counts for as much as a minute of looking, however long it was learnt. */
const MOST_BEFORE = 120;

/**
 * Faded sums of one seat's looks, of which the first was at `step`. `add` must not go back in steps.
 * @param before what was usual for that place when somebody last sat there.
 */
export function learnUsual(step: number, before?: Usual) {
  let weight = Math.min(MOST_BEFORE, before?.looks ?? 0);
  let last = step;
  const { x = 0, y = 0, width = 0, height = 0, yaw = 0, pitch = 0 } = before ?? {};
  const { yawVariance = 0, pitchVariance = 0 } = before ?? {};
  const means = {
    ...{ x, y, width, height, yaw, pitch },
    yawSquare: yaw ** 2 + yawVariance,
    pitchSquare: pitch ** 2 + pitchVariance,
  };
  type Sum = keyof typeof means;
  const sums = Object.fromEntries(Object.entries(means).map(([key, mean]) => [key, mean * weight])) as Record<
    Sum,
    number
  >;

  return {
    add({ box, yaw, pitch }: Face, step: number): void {
      const keep = 0.5 ** ((step - last) / HALF_LIFE_STEPS);
      const look: Record<Sum, number> = {
        x: box.x + box.width / 2,
        y: box.y + box.height / 2,
        width: Math.log2(Math.max(box.width, 1e-4)),
        height: Math.log2(Math.max(box.height, 1e-4)),
        yaw,
        pitch,
        yawSquare: yaw * yaw,
        pitchSquare: pitch * pitch,
      };
      for (const key of Object.keys(sums) as Sum[]) sums[key] = sums[key] * keep + look[key];
      weight = weight * keep + 1;
      last = step;
    },
    /** As of that step. */
    at(step: number): Usual {
      const looks = weight * 0.5 ** ((step - last) / HALF_LIFE_STEPS);
      const mean = (key: Sum) => sums[key] / weight;
      // The spread around the mean, with the prior as one more look.
      const variance = (of: "yaw" | "pitch") => {
        const spread = Math.max(0, mean(`${of}Square`) - mean(of) ** 2) * looks;
        return (spread + SPREAD_PRIOR ** 2) / (looks + 1);
      };
      return {
        x: mean("x"),
        y: mean("y"),
        width: mean("width"),
        height: mean("height"),
        yaw: mean("yaw"),
        pitch: mean("pitch"),
        yawVariance: variance("yaw"),
        pitchVariance: variance("pitch"),
        looks,
      };
    },
  };
}
