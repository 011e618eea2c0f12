import { type Matrix, radians, type Vector } from "./rotation.ts";

/**
 * The classroom in metres: x to the right as the camera sees it, y up from the floor, z from the board into the room.
 * The camera hangs above the board and looks at the class. Rows run from the front (0) to the back; every other row is
 * shifted by half a place, as in rooms where everybody is to see the board, so that nobody's face is hidden for good.
 */
export interface Room {
  readonly students: number;
  readonly seats: readonly Seat[];
  readonly rows: number;
  readonly camera: View;
  readonly board: { readonly centre: Vector; readonly width: number; readonly height: number };
  readonly halfWidth: number;
  readonly depth: number;
  readonly height: number;
  readonly firstRow: number;
}

export interface Seat {
  readonly seat: number;
  readonly row: number;
  readonly column: number;
  /** The middle of the head of a student who sits upright. */
  readonly head: Vector;
}

/** A pinhole camera. */
export interface View {
  readonly at: Vector;
  /** Degrees below the horizontal. */
  readonly tilt: number;
  /** Degrees to the right of straight into the room. */
  readonly pan: number;
  /** Focal length in widths of the picture. */
  readonly focal: number;
}

/** How a room differs from the usual one. What is left out is as in the usual one. */
export interface RoomShape {
  /** Places in a row. */
  readonly columns?: number;
  /** Metres from one row to the next. */
  readonly rowSpacing?: number;
  /** Metres by which the camera stands to the right of the room's middle, and above the floor. */
  readonly camera?: Partial<{ right: number; above: number; tilt: number; pan: number }>;
  /** Metres by which the board hangs to the right of the room's middle. */
  readonly boardRight?: number;
}

export const MOST_STUDENTS = 40;
/** Half the width of a face. Drawn heads are a little larger than a child's: 0.26 m from chin to crown. */
export const FACE = 0.085;
export const DESK_HEIGHT = 0.72;
export const SEAT_WIDTH = 0.7;
const ROW_SPACING = 0.9;
const SHIFT = SEAT_WIDTH / 4;
/** Rows farther back are wider apart, nearly along the camera's rays: 0 is a grid, 1 is rays. */
const FAN = 0.75;
const HEAD_HEIGHT = 1.15;
const FOCAL = 0.8; // 64° across

/** Lays out a room for that many students, about one and a half times as wide as deep. Seats are numbered from the front left. */
export function layRoom(students: number, shape: RoomShape = {}): Room {
  const columns = Math.min(students, shape.columns ?? Math.ceil(Math.sqrt(1.5 * students)));
  const rowSpacing = shape.rowSpacing ?? ROW_SPACING;
  const { right = 0, above = 2.15, tilt = 13, pan = 0 } = shape.camera ?? {};
  const rows = Math.ceil(students / columns);
  const breadth = Math.max(columns, 4) * SEAT_WIDTH + 2 * SHIFT;
  const firstRow = breadth * FOCAL;
  const seats = Array.from({ length: students }, (_, seat): Seat => {
    const row = Math.floor(seat / columns);
    const inRow = Math.min(columns, students - row * columns);
    const column = seat % columns;
    const z = firstRow + row * rowSpacing;
    const x = (column - (inRow - 1) / 2) * SEAT_WIDTH + (row % 2 === 0 ? -SHIFT : SHIFT);
    return { seat, row, column, head: [x * (z / firstRow) ** FAN, HEAD_HEIGHT, z] };
  });
  return {
    students,
    seats,
    rows,
    firstRow,
    camera: { at: [right, above, 0.1], tilt, pan, focal: FOCAL },
    board: { centre: [shape.boardRight ?? 0, 1.5, 0], width: 3, height: 1.2 },
    halfWidth: breadth / 2 + 1.1,
    depth: firstRow + (rows - 1) * rowSpacing + 1.6,
    height: 3,
  };
}

/** Where a point of the room falls in the picture (shares of its width and height) and how far away it is (metres along the optical axis). */
export function project(room: Room, [x, y, z]: Vector, aspect: number) {
  const { at, tilt, pan, focal } = room.camera;
  const [sin, cos] = [Math.sin(radians(tilt)), Math.cos(radians(tilt))];
  const [sinPan, cosPan] = [Math.sin(radians(pan)), Math.cos(radians(pan))];
  const [right, dy, ahead] = [x - at[0], y - at[1], z - at[2]];
  const [dx, dz] = [right * cosPan - ahead * sinPan, ahead * cosPan + right * sinPan];
  const depth = dz * cos - dy * sin;
  const up = dz * sin + dy * cos;
  return {
    x: 0.5 + (focal * dx) / depth,
    y: 0.5 - (focal * aspect * up) / depth,
    depth,
    /** Widths of the picture that a metre takes up there. */
    scale: focal / depth,
  };
}

/**
 * The frame in which a face at `head` is seen: rows are right, up and towards the camera, for vectors in the frame of
 * a student who faces the board (x right in the picture, y up, z to the board).
 */
export function lineOfSight(room: Room, head: Vector): Matrix {
  const [x, y, z] = [room.camera.at[0] - head[0], room.camera.at[1] - head[1], head[2] - room.camera.at[2]];
  const length = Math.hypot(x, y, z);
  const flat = Math.hypot(x, z);
  const toward: Vector = [x / length, y / length, z / length];
  const right: Vector = [z / flat, 0, -x / flat];
  return [right, cross(toward, right), toward];
}

const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];

/** The direction from a head to a point, in the frame of a student who faces the board. */
export const directionTo = (head: Vector, point: Vector): Vector => [
  point[0] - head[0],
  point[1] - head[1],
  head[2] - point[2],
];
