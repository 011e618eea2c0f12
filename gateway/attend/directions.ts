import type { Box } from "../terms.ts";

/** Where something lies, as a head's yaw and pitch in degrees (sign convention: `HeadPose` in terms.ts). */
export interface Direction {
  readonly yaw: number;
  readonly pitch: number;
}

/**
 * Where the board lies as seen from the seats: at yaw `yaw + yawPerWidth · (x − ½)` and pitch `pitch`, x being the
 * seat's place across the picture, 0–1. A camera beside the board gives about zero for all three.
 */
export interface BoardDirection extends Direction {
  readonly yawPerWidth: number;
}

export const BOARD_AT_CAMERA: BoardDirection = { yaw: 0, pitch: 0, yawPerWidth: 0 };

/** How wide and how high the camera sees, in degrees, and at which height of the picture (0–1) the heads are on average. */
export interface Outlook {
  readonly width: number;
  readonly height: number;
  readonly middleRow: number;
}

const across = (box: Box) => box.x + box.width / 2 - 0.5;

export function boardFrom(box: Box, board: BoardDirection): Direction {
  return { yaw: board.yaw + board.yawPerWidth * across(box), pitch: board.pitch };
}

/**
 * What lies straight ahead on one's own desk. Rows face the board's wall, so a student at the edge of the picture who
 * looks straight ahead is seen turned outwards by the angle under which the camera sees the seat; and the camera looks
 * down more steeply on the front rows, whose heads then seem bent down more by as much. The board, which is where the
 * camera is, needs no such correction.
 */
export function aheadFrom(box: Box, boardPitch: number, { width, height, middleRow }: Outlook): Direction {
  return {
    yaw: across(box) * width,
    pitch: boardPitch - (box.y + box.height / 2 - middleRow) * height,
  };
}
