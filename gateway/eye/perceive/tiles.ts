import type { Region } from "./crop.ts";

export interface TileQuestion {
  readonly width: number;
  readonly height: number;
  /** Size of the network's input, and the narrowest face it finds in it. */
  readonly input: { readonly width: number; readonly height: number; readonly smallestFace: number };
  /** The narrowest face that is to be found in the picture, in its pixels. */
  readonly smallestFacePixels: number;
  /** Columns of tiles; "auto" takes as many as the smallest face needs; 0 looks at the whole picture only. */
  readonly tiles: "auto" | number;
}

/** Faces are taller than wide; neighbouring tiles share room for a whole one. */
const HEIGHT_TO_WIDTH = 1.4;
/** More would cost seconds a picture on a small box. */
const MOST_COLUMNS = 8;

/**
 * Where the detector looks: at the whole picture always, and at overlapping tiles of it when faces of the far rows
 * would shrink below what the network can find. Tiles have the input's proportions and overlap by what the whole
 * picture finds for certain, so that every face lies whole in at least one region.
 */
export function regionsToSearch({ width, height, input, smallestFacePixels, tiles }: TileQuestion): Region[] {
  const whole = { x: 0, y: 0, width, height };
  // A face this wide is found in the whole picture; narrower ones need a tile.
  const sureFace = (input.smallestFace * width) / input.width;
  if (tiles === "auto" && sureFace <= smallestFacePixels) return [whole];
  const shared = HEIGHT_TO_WIDTH * sureFace;
  const widest = (smallestFacePixels * input.width) / input.smallestFace;
  const wanted = tiles === "auto" ? coveringCount(width, widest, shared) : tiles;
  const columns = Math.min(MOST_COLUMNS, wanted);
  if (columns < 2) return [whole];

  const tileWidth = Math.ceil(width / columns + shared * (1 - 1 / columns));
  const tileHeight = Math.min(height, Math.ceil((tileWidth * input.height) / input.width));
  const rows = coveringCount(height, tileHeight, shared);
  const found = [whole];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const x = Math.round((column * (width - tileWidth)) / (columns - 1));
      const y = rows === 1 ? 0 : Math.round((row * (height - tileHeight)) / (rows - 1));
      found.push({ x, y, width: tileWidth, height: tileHeight });
    }
  }
  return found;
}

/** How many pieces of a length cover the whole when neighbours share at least `shared`. */
function coveringCount(whole: number, piece: number, shared: number): number {
  if (piece >= whole) return 1;
  return Math.ceil((whole - shared) / Math.max(1, piece - shared));
}
