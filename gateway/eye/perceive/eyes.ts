import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame, HeadPose } from "../../terms.ts";
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

/** The probability that the eyes are open, or null when the face is too small or too far turned to tell. */
export async function eyesOpen(
  frame: Frame,
  box: Box,
  pose: HeadPose,
  networks: EyeNetworks,
  models: EyeModels,
  limits: EyeLimits,
): Promise<number | null> {
  if (box.width * frame.width < limits.smallestFacePixels) return null;
  if (Math.abs(pose.yaw) > limits.largestYaw) return null;
  const open: number[] = [];
  for (const region of await eyeRegions(frame, box, networks.landmarks, models)) {
    crop(frame, region, models.eyes.input, networks.eyes.input);
    const logits = (await networks.eyes.run())[models.eyes.output.logits]!;
    const openLogit = logits[models.eyes.output.open]!;
    const closedLogit = logits[1 - models.eyes.output.open]!;
    open.push(1 / (1 + Math.exp(closedLogit - openLogit)));
  }
  // Eyes close together, so one that is seen open settles it: a shadow, hair or a turned head hides the other.
  return Math.max(...open);
}

/** A square around each eye, sized by the distance of its corners. */
async function eyeRegions(
  frame: Frame,
  box: Box,
  network: Network,
  { landmarks, eyes }: EyeModels,
): Promise<Region[]> {
  const face = enlarged(inPixels(box, frame), landmarks.grow);
  crop(frame, face, landmarks.input, network.input);
  const points = (await network.run())[landmarks.output.points]!;
  const x = (point: number) => face.x + points[point * 2]! * face.width;
  const y = (point: number) => face.y + points[point * 2 + 1]! * face.height;
  return landmarks.output.eyes.map(({ corners: [one, other], lids }) => {
    const side = Math.hypot(x(other) - x(one), y(other) - y(one)) * eyes.grow;
    return { x: mean(lids.map(x)) - side / 2, y: mean(lids.map(y)) - side / 2, width: side, height: side };
  });
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
