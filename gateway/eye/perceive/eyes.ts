import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame, HeadPose } from "../../terms.ts";
import { askAll } from "./batch.ts";
import { enlarged, inPixels } from "./boxes.ts";
import { crop, type Region } from "./crop.ts";
import type { Network } from "./providers/network.ts";

export interface EyeNetworks {
  readonly landmarks: Network;
  readonly eyes: Network;
}

export interface EyeModels {
  readonly landmarks: PreparedModel<"landmarks">;
  readonly eyes: PreparedModel<"eyes">;
}

export interface EyeLimits {
  /** Faces narrower than this have too few pixels in an eye to tell. */
  readonly smallestFacePixels: number;
  /** Beyond this yaw one eye is hidden and the other foreshortened. */
  readonly largestYaw: number;
}

/** For each face the probability that its eyes are open, or null when it is too small or too far turned to tell. */
export async function eyesOpen(
  frame: Frame,
  faces: readonly { readonly box: Box; readonly pose: HeadPose }[],
  networks: EyeNetworks,
  models: EyeModels,
  limits: EyeLimits,
): Promise<(number | null)[]> {
  const canTell = ({ box, pose }: { box: Box; pose: HeadPose }) =>
    box.width * frame.width >= limits.smallestFacePixels && Math.abs(pose.yaw) <= limits.largestYaw;
  const told = faces.filter(canTell);
  const eyes = await eyeRegions(frame, told, networks.landmarks, models);
  const open = await askAll(
    networks.eyes,
    eyes.flat(),
    (region, slot) => crop(frame, region, networks.eyes.size, slot),
    (said) => said("open")[0]!,
  );
  // Eyes close together, so one that is seen open settles it: a shadow, hair or a turned head hides the other.
  const ofFaces = eyes.map((regions) => Math.max(...open.splice(0, regions.length)));
  return faces.map((face) => (canTell(face) ? ofFaces.shift()! : null));
}

/** A square around each eye of each face, sized by the distance of its corners. */
function eyeRegions(
  frame: Frame,
  faces: readonly { readonly box: Box }[],
  network: Network,
  { landmarks, eyes }: EyeModels,
): Promise<Region[][]> {
  const around = ({ box }: { box: Box }) => enlarged(inPixels(box, frame), landmarks.grow);
  return askAll(
    network,
    faces,
    (face, slot) => crop(frame, around(face), network.size, slot),
    (said, face) => {
      const region = around(face);
      const points = said("points");
      const x = (point: number) => region.x + points[point * 2]! * region.width;
      const y = (point: number) => region.y + points[point * 2 + 1]! * region.height;
      return landmarks.output.eyes.map(({ corners: [one, other], lids }) => {
        const side = Math.hypot(x(other) - x(one), y(other) - y(one)) * eyes.grow;
        const centre = { x: mean(lids.map(x)), y: mean(lids.map(y)) };
        return { x: centre.x - side / 2, y: centre.y - side / 2, width: side, height: side };
      });
    },
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
