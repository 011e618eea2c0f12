import {
  COLLAR,
  drawBody,
  drawDesk,
  drawHandBefore,
  type Hands,
  type Place,
  placeIn,
  scaleAt,
} from "./body.ts";
import { blurred, lay, opaque, type Picture, rasterise, type Sprite } from "./canvas.ts";
import { drawHead } from "./head.ts";
import { addNoise, type Lighting, relight } from "./light.ts";
import { softInks } from "./paint.ts";
import { drawLots, type Person } from "./person.ts";
import { hash } from "./random.ts";
import type { Room, Seat } from "./room.ts";
import { drawRoom } from "./scene.ts";
import type { Moment, Sitting } from "./world.ts";

export interface PainterOptions {
  readonly room: Room;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly lighting: Lighting;
  /** Standard deviation in pixels; 0 is sharp. */
  readonly blur: number;
  /** Standard deviation in grey levels, 0–255. */
  readonly noise: number;
}

/** Draws moments. The room, bodies and desks are rasterised once each; only the heads are drawn anew in every picture. */
export interface Painter {
  paint(moment: Moment): Promise<Picture>;
}

export function openPainter(options: PainterOptions): Painter {
  const { room, seed, width, height } = options;
  const people = drawLots(room.students, seed);
  const place = placeIn(room, width, height);
  const sprites = new Map<string, Promise<Sprite>>();
  let empty: Promise<Picture> | undefined;
  const cached = (key: string, make: () => Promise<Sprite>): Promise<Sprite> => {
    const sprite = sprites.get(key) ?? make();
    sprites.set(key, sprite);
    return sprite;
  };
  const scene = () => rasterise(softInks + drawRoom(room, place, seed), 0, 0, width, height).then(opaque);

  return {
    async paint(moment) {
      empty ??= scene();
      const wall = await empty;
      const heads = await drawHeads(moment, people, room, place, width, height);
      const picture: Picture = { width, height, rgb: Uint8Array.from(wall.rgb) };
      for (let row = room.rows - 1; row >= 0; row--) {
        const inRow = moment.sittings.filter(({ seat }) => room.seats[seat]!.row === row);
        for (const { seat } of inRow) {
          const draw = () => bodySprite(people[seat]!, room, room.seats[seat]!, place, width, height);
          lay(picture, await cached(`body ${seat}`, draw));
        }
        for (const sitting of inRow) heads.lay(picture, sitting.seat);
        for (const sitting of inRow) {
          const { seat } = sitting;
          const hands = handsOf(sitting, moment.screens);
          const draw = () =>
            deskSprite(people[seat]!, room, room.seats[seat]!, hands, moment.screens, place, width, height);
          lay(picture, await cached(`desk ${seat} ${hands} ${moment.screens}`, draw));
        }
      }
      relight(picture, options.lighting);
      const soft = options.blur > 0 ? await blurred(picture, options.blur) : picture;
      addNoise(soft, options.noise, hash(seed, moment.time * 1000));
      return soft;
    },
  };
}

function handsOf({ posture, handBefore }: Sitting, screens: boolean): Hands {
  if (handBefore) return "chin";
  if (posture.look === "desk") return "writing";
  return screens && posture.look === "screen" ? "typing" : "folded";
}

function bodySprite(
  person: Person,
  room: Room,
  seat: Seat,
  place: Place,
  width: number,
  height: number,
): Promise<Sprite> {
  const scale = scaleAt(room, seat, width, height);
  const [x, y] = place(seat.head);
  const [left, top] = [Math.floor(x - 0.32 * scale), Math.floor(y)];
  const drawing = softInks + drawBody(person, seat, place, scale);
  return rasterise(drawing, left, top, Math.ceil(0.64 * scale), Math.ceil(0.75 * scale));
}

function deskSprite(
  person: Person,
  room: Room,
  seat: Seat,
  hands: Hands,
  laptop: boolean,
  place: Place,
  width: number,
  height: number,
): Promise<Sprite> {
  const scale = scaleAt(room, seat, width, height);
  const [x, , z] = seat.head;
  const [a, b] = [place([x - 0.45, 1, z - 0.75]), place([x + 0.45, 0, z - 0.75])];
  const drawing = softInks + drawDesk(person, seat, hands, laptop, place, scale);
  const [left, top] = [Math.floor(Math.min(a[0], b[0])), Math.floor(a[1])];
  const right = Math.ceil(Math.max(a[0], b[0]));
  return rasterise(drawing, left, top, right - left, Math.max(1, Math.ceil(b[1]) - top));
}

/** Half the width and height of the cell a head is drawn in, in halves of the face's width. */
const CELL = { across: 2.2, above: 2.5, below: 4.4 };

/** All heads side by side in one drawing: one call of the rasteriser, and far fewer pixels than the whole picture. */
async function drawHeads(
  { sittings }: Moment,
  people: readonly Person[],
  room: Room,
  place: Place,
  width: number,
  height: number,
) {
  let left = 0;
  let tallest = 0;
  const cells = sittings.map((sitting) => {
    const { x, y, size, seat } = sitting;
    const [x0, y0] = [Math.floor(x - CELL.across * size), Math.floor(y - CELL.above * size)];
    const cell = {
      left,
      x: x0,
      y: y0,
      width: Math.ceil(2 * CELL.across * size) + 1,
      height: Math.ceil((CELL.above + (sitting.handBefore ? CELL.below : 3)) * size),
    };
    const [cx, cy] = place(room.seats[seat]!.head);
    const collar = [cx - x0, cy - y0 + COLLAR * scaleAt(room, room.seats[seat]!, width, height)] as const;
    const head = { ...sitting, x: x - x0, y: y - y0, eyes: sitting.posture.eyes, collar };
    const hand = sitting.handBefore ? drawHandBefore(people[seat]!, x - x0, y - y0, size) : "";
    const drawing = drawHead(head, people[seat]!, String(seat)) + hand;
    const svg = `<svg x="${left}" width="${cell.width}" height="${cell.height}">${drawing}</svg>`;
    left += cell.width;
    tallest = Math.max(tallest, cell.height);
    return { ...cell, svg };
  });
  const sheet = await rasterise(softInks + cells.map(({ svg }) => svg).join(""), 0, 0, left, tallest);
  return {
    lay(picture: Picture, seat: number): void {
      const cell = cells[seat]!;
      lay(
        picture,
        sheet,
        { left: cell.left, top: 0, width: cell.width, height: cell.height },
        cell.x,
        cell.y,
      );
    },
  };
}
