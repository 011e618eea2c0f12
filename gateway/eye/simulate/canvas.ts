import { images } from "../images.ts";

/** Pixels: the rasteriser, and putting one picture on another. */

/** A rectangle of 8-bit RGBA, to be laid over a picture at (left, top). */
export interface Sprite {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array;
}

/** Rasterises the part of a drawing that lies in that rectangle. */
export async function rasterise(
  drawing: string,
  left: number,
  top: number,
  width: number,
  height: number,
): Promise<Sprite> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${left} ${top} ${width} ${height}">${drawing}</svg>`;
  const sharp = await images();
  const rgba = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer();
  return { left, top, width, height, rgba };
}

/** Packed 8-bit RGB. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A sprite without its alpha, as a picture to draw on. */
export function opaque({ width, height, rgba }: Sprite): Picture {
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; to < rgb.length; from += 4, to += 3) {
    rgb[to] = rgba[from]!;
    rgb[to + 1] = rgba[from + 1]!;
    rgb[to + 2] = rgba[from + 2]!;
  }
  return { width, height, rgb };
}

/** Lays a rectangle of a sprite (by default all of it) over the picture; what falls outside is left out. */
export function lay(
  picture: Picture,
  sprite: Sprite,
  part = { left: 0, top: 0, width: sprite.width, height: sprite.height },
  left = sprite.left,
  top = sprite.top,
): void {
  const { rgb, width, height } = picture;
  const { rgba } = sprite;
  const [x0, x1] = [Math.max(0, left), Math.min(width, left + part.width)];
  const [y0, y1] = [Math.max(0, top), Math.min(height, top + part.height)];
  for (let y = y0; y < y1; y++) {
    let from = ((y - top + part.top) * sprite.width + (x0 - left + part.left)) * 4;
    let to = (y * width + x0) * 3;
    for (let x = x0; x < x1; x++, from += 4, to += 3) {
      const alpha = rgba[from + 3]!;
      if (alpha === 0) continue;
      if (alpha === 255) {
        rgb[to] = rgba[from]!;
        rgb[to + 1] = rgba[from + 1]!;
        rgb[to + 2] = rgba[from + 2]!;
      } else {
        // 257 / 65536 is 1 / 255 without a division.
        rgb[to] = rgb[to]! + (((rgba[from]! - rgb[to]!) * alpha * 257 + 32768) >> 16);
        rgb[to + 1] = rgb[to + 1]! + (((rgba[from + 1]! - rgb[to + 1]!) * alpha * 257 + 32768) >> 16);
        rgb[to + 2] = rgb[to + 2]! + (((rgba[from + 2]! - rgb[to + 2]!) * alpha * 257 + 32768) >> 16);
      }
    }
  }
}

/** Gaussian blur; sigma in pixels. */
export async function blurred({ rgb, width, height }: Picture, sigma: number): Promise<Picture> {
  const sharp = await images();
  const image = sharp(rgb, { raw: { width, height, channels: 3 } });
  return { width, height, rgb: await image.blur(Math.max(0.3, sigma)).raw().toBuffer() };
}

/** A JPEG file's bytes. */
export async function jpeg({ rgb, width, height }: Picture, quality: number): Promise<Buffer> {
  const sharp = await images();
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer();
}
