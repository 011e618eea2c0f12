import { COLLAR } from "./body.ts";
import { lay, type Picture, rasterise } from "./canvas.ts";
import { drawHandBefore } from "./desk.ts";
import { drawHead } from "./head.ts";
import { softInks } from "./paint.ts";
import type { Person } from "./person.ts";
import type { Stage } from "./stage.ts";
import type { Sitting } from "./world.ts";

/** How far a drawn head reaches from its middle, in halves of the face's width; with a hand and arm before it, further. */
const REACH = { across: 2.2, above: 2.3, below: 2.9, belowWithHand: 4.6 };

/** The heads of one moment, ready to be laid over a picture one by one. */
export interface Heads {
  lay(picture: Picture, seat: number): void;
}

/**
 * Draws all heads side by side on one sheet: one call of the rasteriser, and a sixth of the picture's pixels. A cell
 * begins at a whole pixel of the picture, and the head lies in it to a fraction of one, so motion stays smooth.
 */
export async function drawHeads(
  sittings: readonly Sitting[],
  people: readonly Person[],
  stage: Stage,
): Promise<Heads> {
  let left = 0;
  const cells = sittings.map((sitting) => {
    const cell = cellOf(sitting, people[sitting.seat]!, stage, left);
    left += cell.width;
    return cell;
  });
  const tallest = Math.max(...cells.map(({ height }) => height));
  const sheet = await rasterise(softInks + cells.map(({ svg }) => svg).join(""), 0, 0, left, tallest);
  return {
    lay(picture, seat) {
      const { left, width, height, x, y } = cells[seat]!;
      lay(picture, sheet, { left, top: 0, width, height }, x, y);
    },
  };
}

function cellOf(sitting: Sitting, person: Person, { room, place, scaleAt }: Stage, left: number) {
  const { size, seat, handBefore } = sitting;
  const [x, y] = [Math.floor(sitting.x - REACH.across * size), Math.floor(sitting.y - REACH.above * size)];
  const [hx, hy] = [sitting.x - x, sitting.y - y];
  const [cx, cy] = place(room.seats[seat]!.head);
  const collar = [cx - x, cy - y + COLLAR * scaleAt(room.seats[seat]!)] as const;
  const { rotation, eyesOpen, posture } = sitting;
  const head = { rotation, eyesOpen, eyes: posture.eyes, size, x: hx, y: hy, collar };
  const width = Math.ceil(2 * REACH.across * size) + 1;
  const height = Math.ceil((REACH.above + (handBefore ? REACH.belowWithHand : REACH.below)) * size) + 1;
  const drawing =
    drawHead(head, person, String(seat)) + (handBefore ? drawHandBefore(person, hx, hy, size) : "");
  return {
    left,
    x,
    y,
    width,
    height,
    svg: `<svg x="${left}" width="${width}" height="${height}">${drawing}</svg>`,
  };
}
