import { areaInPicture, pointInPicture } from "../../options.ts";

/** A point in a picture, in shares of its width and height from the top left. */
export type Point = readonly number[];
/** A closed shape: its corners in order, the last joined to the first. */
export type Polygon = readonly Point[];

export const pointOptions = pointInPicture();
export const polygonOptions = areaInPicture();

/** Pixels of one row, from `start` up to but without `end`, as indices into the picture's pixels. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Every pixel that the polygon touches, also where it only grazes one: a mask had better hide too much than too little. */
export function spansOf(polygon: Polygon, width: number, height: number): Span[] {
  const corners = polygon.map(([x, y]) => ({ x: x! * width, y: y! * height }));
  const edges = corners.map((corner, index) => ({ a: corner, b: corners[(index + 1) % corners.length]! }));
  return [...Array(height).keys()].flatMap((row) => {
    // The even-odd rule at the row's top, middle and bottom, and the edges' own stretch of it.
    const inside = [row, row + 0.5, row + 1].flatMap((y) => {
      const crossings = edges.flatMap(({ a, b }) => {
        if (a.y <= y === b.y <= y) return [];
        return [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
      });
      return pairs(crossings.sort((left, right) => left - right));
    });
    const along = edges.flatMap(({ a, b }) => within(a, b, row));
    return [...inside, ...along].flatMap(([from, to]) => {
      const start = row * width + Math.max(0, Math.floor(from));
      const end = row * width + Math.min(width, Math.floor(to) + 1);
      return end > start ? [{ start, end }] : [];
    });
  });
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

/** From where to where the edge runs across the row, if it touches it at all. */
function within(a: Corner, b: Corner, row: number): Array<[number, number]> {
  const [upper, lower] = a.y <= b.y ? [a, b] : [b, a];
  if (lower.y < row || upper.y > row + 1) return [];
  const at = (y: number) =>
    lower.y === upper.y ? null : upper.x + ((y - upper.y) / (lower.y - upper.y)) * (lower.x - upper.x);
  const from = at(Math.max(row, upper.y)) ?? upper.x;
  const to = at(Math.min(row + 1, lower.y)) ?? lower.x;
  return [[Math.min(from, to), Math.max(from, to)]];
}

function pairs(values: readonly number[]): Array<[number, number]> {
  return values.flatMap((value, index) => (index % 2 === 1 ? [[values[index - 1]!, value]] : [])) as Array<
    [number, number]
  >;
}
