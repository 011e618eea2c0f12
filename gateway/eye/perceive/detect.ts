import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame } from "../../terms.ts";
import { containment, type Scored, strongest } from "./boxes.ts";
import { crop, type Region } from "./crop.ts";
import type { Network } from "./providers/network.ts";
import { regionsToSearch } from "./tiles.ts";

export interface DetectOptions {
  readonly minimumScore: number;
  readonly tiles: "auto" | number;
  readonly smallestFacePixels: number;
}

/** Two boxes that share more than this of their joint area are one face. */
const SAME_FACE = 0.4;
/** A box that lies this far inside another is a piece of the same face, seen from a tile that cut it. */
const PIECE_OF_A_FACE = 0.75;

/** Finds the faces of a frame, surest first. Boxes are shares of the picture and lie inside it. */
export async function detectFaces(
  frame: Frame,
  network: Network,
  model: PreparedModel<"detect">,
  options: DetectOptions,
): Promise<Scored[]> {
  const regions = regionsToSearch({
    ...options,
    width: frame.width,
    height: frame.height,
    input: { ...model.input, smallestFace: model.smallestFace },
  });
  const candidates: Scored[] = [];
  for (const region of regions) {
    crop(frame, region, model.input, network.input);
    const outputs = await network.run();
    const scores = outputs[model.output.scores]!;
    const corners = outputs[model.output.boxes]!;
    for (let i = 0; i * 2 < scores.length; i++) {
      const score = scores[i * 2 + 1]!;
      if (score < options.minimumScore) continue;
      const box = boxInPicture(corners.subarray(i * 4, i * 4 + 4), region, frame);
      if (box && !isCut(box, region, frame)) candidates.push({ box, score });
    }
  }
  const faces = strongest(candidates, SAME_FACE);
  return faces.filter(({ box }, index) =>
    faces.every((other, rank) => rank >= index || containment(box, other.box) < PIECE_OF_A_FACE),
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

/** True where a tile's inner edge cuts the box: the neighbouring tile, or the whole picture, sees that face whole. */
function isCut(box: Box, region: Region, frame: Frame): boolean {
  const slack = 2;
  const left = box.x * frame.width - region.x;
  const top = box.y * frame.height - region.y;
  const right = region.width - left - box.width * frame.width;
  const bottom = region.height - top - box.height * frame.height;
  return (
    (left < slack && region.x > 0) ||
    (top < slack && region.y > 0) ||
    (right < slack && region.x + region.width < frame.width) ||
    (bottom < slack && region.y + region.height < frame.height)
  );
}
