import sharp from "sharp";
import { readLesson } from "../../gateway/eye/simulate/lesson.ts";
import { openPainter } from "../../gateway/eye/simulate/painter.ts";
import { openWorld } from "../../gateway/eye/simulate/world.ts";
import type { Frame } from "../../gateway/terms.ts";

interface Drawing {
  readonly second?: number;
  readonly brightness?: number;
  readonly noise?: number;
  readonly seed?: number;
  readonly students?: number;
}

export const WIDTH = 640;
export const HEIGHT = 360;

/** A picture of the drawn classroom, as a frame. */
export async function drawRoom({
  second = 20,
  brightness = 1,
  noise = 2,
  seed = 1,
  students = 24,
}: Drawing = {}): Promise<Frame> {
  const size = { width: WIDTH, height: HEIGHT };
  const world = openWorld({ lesson: await readLesson("demo"), students, seed, occlusion: 0, ...size });
  const lighting = { brightness, warmth: 0 };
  const painter = openPainter({ room: world.room, seed, lighting, noise, blur: 0, ...size });
  const { rgb } = await painter.paint(world.at(second));
  return { camera: "front", sequence: 0, time: 0, ...size, rgb };
}

/** The picture as a camera sees it that was turned to the right and down by so many pixels. */
export async function turned(frame: Frame, across: number, down: number): Promise<Frame> {
  const { width, height, rgb } = frame;
  const picture = sharp(rgb, { raw: { width, height, channels: 3 } })
    .extract({ left: across, top: down, width: width - across, height: height - down })
    .extend({ right: across, bottom: down, extendWith: "mirror" });
  return { ...frame, rgb: await picture.raw().toBuffer() };
}

/** A picture of one colour, with some noise. */
export function plain(grey: number, noise = 0): Frame {
  const rgb = new Uint8ClampedArray(WIDTH * HEIGHT * 3).map(
    () => grey + Math.round((Math.random() - 0.5) * noise),
  );
  return { camera: "front", sequence: 0, time: 0, width: WIDTH, height: HEIGHT, rgb: new Uint8Array(rgb) };
}
