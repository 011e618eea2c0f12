import { drawBody } from "./body.ts";
import { blurred, lay, opaque, type Picture, rasterise, type Sprite } from "./canvas.ts";
import { drawDesk, type Hands } from "./desk.ts";
import { drawHeads } from "./heads.ts";
import { addNoise, type Lighting, relight } from "./light.ts";
import { type Dot, softInks } from "./paint.ts";
import { drawLots, type Person } from "./person.ts";
import { hash } from "./random.ts";
import type { Room, Seat } from "./room.ts";
import { drawRoom } from "./scene.ts";
import { type Stage, stageOf } from "./stage.ts";
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

export function openPainter({ room, seed, width, height, lighting, blur, noise }: PainterOptions): Painter {
  const people = drawLots(room.students, seed);
  const stage = stageOf(room, width, height);
  const backToFront = room.seats.toSorted((a, b) => b.row - a.row);
  const kept = new Map<string, Promise<Sprite>>();
  const once = (key: string, make: () => Promise<Sprite>): Promise<Sprite> => {
    const sprite = kept.get(key) ?? make();
    kept.set(key, sprite);
    return sprite;
  };
  let empty: Promise<Picture> | undefined;

  return {
    async paint({ sittings, screens, time }) {
      empty ??= rasterise(softInks + drawRoom(stage, seed), 0, 0, width, height).then(opaque);
      const heads = await drawHeads(sittings, people, stage);
      const picture: Picture = { width, height, rgb: (await empty).rgb.slice() };
      const eachInRow = async (row: number, draw: (seat: Seat, person: Person) => Promise<void> | void) => {
        for (const seat of backToFront) if (seat.row === row) await draw(seat, people[seat.seat]!);
      };
      for (let row = room.rows - 1; row >= 0; row--) {
        await eachInRow(row, async (seat, person) =>
          lay(picture, await once(`body ${seat.seat}`, () => bodySprite(person, seat, stage))),
        );
        await eachInRow(row, ({ seat }) => heads.lay(picture, seat));
        await eachInRow(row, async (seat, person) => {
          const hands = handsOf(sittings[seat.seat]!, screens);
          const draw = () => deskSprite(person, seat, hands, screens, stage);
          lay(picture, await once(`desk ${seat.seat} ${hands} ${screens}`, draw));
        });
      }
      relight(picture, lighting);
      const soft = blur > 0 ? await blurred(picture, blur) : picture;
      addNoise(soft, noise, hash(seed, time * 1000));
      return soft;
    },
  };
}

function handsOf({ posture, handBefore }: Sitting, screens: boolean): Hands {
  if (handBefore) return "away";
  if (posture.look === "desk") return screens ? "folded" : "writing";
  return posture.look === "screen" ? "typing" : "folded";
}

function bodySprite(person: Person, seat: Seat, stage: Stage): Promise<Sprite> {
  const scale = stage.scaleAt(seat);
  const [x, y] = stage.place(seat.head);
  return spriteOf(drawBody(person, seat, stage), [
    [x - 0.3 * scale, y],
    [x + 0.3 * scale, y + 0.75 * scale],
  ]);
}

function deskSprite(
  person: Person,
  seat: Seat,
  hands: Hands,
  laptop: boolean,
  stage: Stage,
): Promise<Sprite> {
  const [x, y, z] = seat.head;
  const corners = [-0.45, 0.45].flatMap((right) => [
    stage.place([x + right, y - 0.2, z]),
    stage.place([x + right, y - 0.2, z - 0.75]),
    stage.place([x + right, 0, z - 0.75]),
  ]);
  return spriteOf(drawDesk(person, seat, hands, laptop, stage), corners);
}

/** Rasterises the smallest rectangle that holds those points. */
function spriteOf(drawing: string, points: readonly Dot[]): Promise<Sprite> {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, top] = [Math.floor(Math.min(...xs)), Math.floor(Math.min(...ys))];
  const [right, bottom] = [Math.ceil(Math.max(...xs)), Math.ceil(Math.max(...ys))];
  return rasterise(softInks + drawing, left, top, right - left, bottom - top);
}
