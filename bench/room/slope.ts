/** A point of a line: hours, and what was measured then. */
export type Point = readonly [hours: number, value: number];

/** What the value grows by in an hour: the slope of the least-squares line. Null for fewer than three points. */
export function slope(points: readonly Point[]): number | null {
  if (points.length < 3) return null;
  const mean = (pick: (point: Point) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [x, y] = [mean(([hours]) => hours), mean(([, value]) => value)];
  const across = points.reduce((sum, [hours]) => sum + (hours - x) ** 2, 0);
  if (across === 0) return null;
  return points.reduce((sum, [hours, value]) => sum + (hours - x) * (value - y), 0) / across;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
