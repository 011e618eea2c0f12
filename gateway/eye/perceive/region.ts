import type { Box } from "../../terms.ts";
import type { Region } from "./crop.ts";

interface Size {
  readonly width: number;
  readonly height: number;
}

/** A box in shares of a picture → its pixels, reaching beyond it by `grow` of its own size on every side. */
export function grown(box: Box, grow: number, picture: Size): Region {
  const width = box.width * picture.width;
  const height = box.height * picture.height;
  return {
    x: box.x * picture.width - width * grow,
    y: box.y * picture.height - height * grow,
    width: width * (1 + 2 * grow),
    height: height * (1 + 2 * grow),
  };
}
