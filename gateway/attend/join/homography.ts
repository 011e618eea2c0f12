/** A place as one camera sees it, in shares of its picture, and where it is in the room, in metres. */
export interface Landmark {
  readonly picture: readonly number[];
  readonly room: readonly number[];
}

/** From a place in a picture (shares) to the place in the room (metres), for places on the plane of the landmarks. */
export type Homography = (x: number, y: number) => { readonly x: number; readonly y: number };

/**
 * The plane that fits the landmarks best: the direct linear transformation with its last entry set to 1, by least squares
 * (Hartley & Zisserman, Multiple View Geometry, §4.1). Null where no camera can see a room so: too few, three of four in a
 * line, or two of them mixed up.
 */
export function fitHomography(landmarks: readonly Landmark[]): Homography | null {
  // From their middle, which lies before the camera: were it from the picture's corner, and the horizon near it, the last
  // entry would be near zero, and what 1 stands for without bounds.
  const middle = (axis: 0 | 1) =>
    landmarks.reduce((sum, { picture }) => sum + (picture[axis] ?? 0), 0) / landmarks.length;
  const [x0, y0] = [middle(0), middle(1)];
  const places = landmarks.map(
    ({ picture: [x = 0, y = 0], room: [u = 0, v = 0] }) => [x - x0, y - y0, u, v] as const,
  );
  const rows = places.flatMap(([x, y, u, v]) => [
    [x, y, 1, 0, 0, 0, -u * x, -u * y, u],
    [0, 0, 0, x, y, 1, -v * x, -v * y, v],
  ]);
  const h = leastSquares(rows);
  if (h === null) return null;
  const [a, b, c, d, e, f, g, i] = h as [number, number, number, number, number, number, number, number];
  const depth = (x: number, y: number) => g * x + i * y + 1;
  // How much of the room, in square metres, a small piece of the picture shows: of one sign wherever it is seen from above,
  // and nothing where the plane has become a line. It is the Jacobian's determinant.
  const determinant = a * (e - f * i) - b * (d - f * g) + c * (d * i - e * g);
  const shown = places.map(([x, y]) => determinant / depth(x, y) ** 3);
  if (shown.some((area) => !(Math.abs(area) > LEAST_SHOWN && area > 0 === shown[0]! > 0))) return null;
  return (pictureX, pictureY) => {
    const [x, y] = [pictureX - x0, pictureY - y0];
    const w = depth(x, y);
    return { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w };
  };
}

/** A picture of ten centimetres by ten, altogether. */
const LEAST_SHOWN = 0.01;

/** Solves rows of eight coefficients and a right-hand side by the normal equations; null when they do not determine it. */
function leastSquares(rows: readonly (readonly number[])[]): number[] | null {
  const size = 8;
  const system = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size + 1 }, (_, j) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0)),
  );
  for (let column = 0; column < size; column += 1) {
    const pivot = system
      .slice(column)
      .reduce((best, row) => (Math.abs(row[column]!) > Math.abs(best[column]!) ? row : best));
    if (Math.abs(pivot[column]!) < SINGULAR) return null;
    const at = system.indexOf(pivot);
    [system[column], system[at]] = [pivot, system[column]!];
    for (const row of system) {
      if (row === pivot) continue;
      const factor = row[column]! / pivot[column]!;
      for (let j = column; j <= size; j += 1) row[j]! -= factor * pivot[j]!;
    }
  }
  return system.map((row, index) => row[size]! / row[index]!);
}

const SINGULAR = 1e-9;
