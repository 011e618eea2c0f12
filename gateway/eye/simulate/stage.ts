import type { Dot } from "./paint.ts";
import { project, type Room, type Seat } from "./room.ts";
import type { Vector } from "./rotation.ts";

/** The room as it falls on a picture of a certain size, in pixels. */
export interface Stage {
  readonly room: Room;
  readonly width: number;
  readonly height: number;
  /** Where a point of the room is seen. */
  place(point: Vector): Dot;
  /** Pixels to a metre at the seat's head. */
  scaleAt(seat: Seat): number;
}

export function stageOf(room: Room, width: number, height: number): Stage {
  return {
    room,
    width,
    height,
    place(point) {
      const { x, y } = project(room, point, width / height);
      return [x * width, y * height];
    },
    scaleAt: (seat) => project(room, seat.head, width / height).scale * width,
  };
}
