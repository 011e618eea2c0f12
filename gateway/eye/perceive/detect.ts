import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame } from "../../terms.ts";
import { askAll } from "./batch.ts";
import { containment, enlarged, overlap, type Scored, strongest } from "./boxes.ts";
import { crop, type Region } from "./crop.ts";
import type { Network } from "./providers/network.ts";
import { createPyramid, type Halves, type Pyramid } from "./pyramid.ts";
import { regionsToSearch } from "./tiles.ts";

export interface DetectOptions {
  /** A face must be this sure in the whole picture, or else on a second look. */
  readonly minimumScore: number;
  readonly tiles: "auto" | number;
  readonly smallestFacePixels: number;
}

/** What is surer than this is worth a second look. */
const WORTH_A_LOOK = 0.3;
/** A face found on looking again at a known place must share this much with it: heads move. */
const SAME_PLACE = 0.15;
/** Two boxes that share more than this of their joint area are one face. */
const SAME_FACE = 0.4;
/**
 * The second look is at regions so many times as wide as the face. Where no face is known of, from near and from far: a
 * real face is one at both, while what only looks like one (a knee, a head of hair) does so by chance, at one and not at
 * the other. Where one was a moment ago, once is enough.
 */
const NEAR_AND_FAR = [3, 5];
const BETWEEN = [4];

/**
 * Finds the faces of a frame, surest first. Boxes are shares of the picture and lie inside it.
 *
 *   whole picture, tiles ──▶ candidates ──▶ strongest ──▶ second look at what is doubtful ──▶ faces
 *                                                              ▲
 *                        places where a face was a moment ago ─┘
 *
 * The second look sees one candidate at the sizes the network knows best. Doubtful is what only a tile shows where no
 * face is expected, and a known place in which nothing was found: a far head bent over a desk. On the test photographs
 * the second look keeps every real face, and drops an arm, jeans and a head of hair that tiles had taken for faces
 * (docs/models.md). Each arrow is one run of the network on all its regions.
 */
export async function detectFaces(
  frame: Frame,
  network: Network,
  model: PreparedModel<"detect">,
  options: DetectOptions,
  places: readonly Box[] = [],
  halves?: Halves,
): Promise<Scored[]> {
  const pyramid = createPyramid(frame, halves);
  const search = (regions: readonly Region[]) => searchRegions(frame, pyramid, regions, network);
  const regions = regionsToSearch({
    ...options,
    width: frame.width,
    height: frame.height,
    input: { ...model.input, smallestFace: model.smallestFace },
  });
  const [atFirst, ...inTiles] = await search(regions);
  const small = inTiles.flatMap((found, index) =>
    found.filter(({ box }) => isTileFace(box, regions[index + 1]!, frame, model)),
  );
  const sure = atFirst!.filter(({ score }) => score >= options.minimumScore).map(({ box }) => box);
  const isSure = ({ box, score }: Scored) =>
    sure.some((other) => overlap(other, box) > SAME_FACE) ||
    (score >= options.minimumScore && places.some((place) => overlap(place, box) > SAME_FACE));

  const lookAgain = async (doubtful: readonly Box[], atLeast: number, zooms: readonly number[]) => {
    const found = await search(
      doubtful.flatMap((box) => zooms.map((zoom) => around(box, zoom, frame, model))),
    );
    return doubtful.flatMap((place, index) => {
      const looks = found.slice(index * zooms.length, (index + 1) * zooms.length);
      const seen = looks.flatMap((boxes) => boxes.find(({ box }) => overlap(box, place) > atLeast) ?? []);
      const score = seen.reduce((sum, face) => sum + face.score, 0) / zooms.length;
      return score >= options.minimumScore ? [{ box: seen[0]!.box, score }] : [];
    });
  };
  const candidates = strongest([...atFirst!, ...small], SAME_FACE);
  const doubtful = candidates.filter((candidate) => !isSure(candidate)).map(({ box }) => box);
  const faces = [...candidates.filter(isSure), ...(await lookAgain(doubtful, SAME_FACE, NEAR_AND_FAR))];
  const empty = places.filter((place) => !faces.some(({ box }) => overlap(box, place) > SAME_PLACE));
  faces.push(...(await lookAgain(empty, SAME_PLACE, BETWEEN)));
  return strongest(faces, SAME_FACE).filter(({ box }, index, all) =>
    all.every((other, rank) => rank === index || !isPartOf(box, other.box)),
  );
}

function searchRegions(
  frame: Frame,
  pyramid: Pyramid,
  regions: readonly Region[],
  network: Network,
): Promise<Scored[][]> {
  const { size } = network;
  return askAll(
    network,
    regions,
    (region, slot) => {
      const shrunk = pyramid.at(region, size.width, size.height);
      crop(shrunk.picture, shrunk.region, size, slot);
    },
    (said, region) => {
      const corners = said("boxes");
      const found: Scored[] = [];
      const scores = said("scores");
      // Thousands a region: an iterator would make a pair of each.
      for (let i = 0; i < scores.length; i++) {
        const score = scores[i]!;
        if (score < WORTH_A_LOOK) continue;
        const box = boxInPicture(corners.subarray(i * 4, i * 4 + 4), region, frame);
        if (box) found.push({ box, score });
      }
      return strongest(found, SAME_FACE);
    },
  );
}

/** From shares of the region to shares of the picture; null when nothing of it is left inside, or it is no number. */
function boxInPicture(corners: Float32Array, region: Region, frame: Frame): Box | null {
  const [left, top, right, bottom] = corners as unknown as [number, number, number, number];
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  const x = inside((region.x + left * region.width) / frame.width);
  const y = inside((region.y + top * region.height) / frame.height);
  const width = inside((region.x + right * region.width) / frame.width) - x;
  const height = inside((region.y + bottom * region.height) / frame.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

/** A region around the box, with the proportions of the network's input. */
function around(box: Box, zoom: number, frame: Frame, { input }: PreparedModel<"detect">): Region {
  const width = box.width * frame.width * zoom;
  const height = (width * input.height) / input.width;
  const x = (box.x + box.width / 2) * frame.width - width / 2;
  const y = (box.y + box.height / 2) * frame.height - height / 2;
  return { x, y, width, height };
}

/**
 * The widest face a tile is believed on, in widths of the smallest face the whole picture finds: what is larger the
 * whole picture sees better, and a limb that fills a tile looks like a face more often than one would like.
 */
const TILE_FACE_LIMIT = 1.5;

/** Tiles are there for small faces that lie whole in them: what their inner edges cut, another region sees whole. */
function isTileFace(
  box: Box,
  tile: Region,
  frame: Frame,
  { smallestFace, input }: PreparedModel<"detect">,
): boolean {
  if (box.width > (TILE_FACE_LIMIT * smallestFace) / input.width) return false;
  const slack = 2;
  const left = box.x * frame.width - tile.x;
  const top = box.y * frame.height - tile.y;
  const right = tile.width - left - box.width * frame.width;
  const bottom = tile.height - top - box.height * frame.height;
  return (
    (left >= slack || tile.x === 0) &&
    (top >= slack || tile.y === 0) &&
    (right >= slack || tile.x + tile.width === frame.width) &&
    (bottom >= slack || tile.y + tile.height === frame.height)
  );
}

/** A cut face inside its whole, or an ear beside a face many times its size. */
function isPartOf(box: Box, other: Box): boolean {
  if (box.width >= other.width) return false;
  const head = box.width < 0.3 * other.width ? enlarged(other, 0.3) : other;
  return containment(box, head) > 0.75;
}
