import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame, HeadPose } from "../../terms.ts";
import { askAll } from "./batch.ts";
import { enlarged, inPixels } from "./boxes.ts";
import { crop } from "./crop.ts";
import type { Network } from "./providers/network.ts";

/** Which way the head in each box is turned, by the convention of `HeadPose`. */
export function headPoses(
  frame: Frame,
  boxes: readonly Box[],
  network: Network,
  { grow }: PreparedModel<"pose">,
): Promise<HeadPose[]> {
  return askAll(
    network,
    boxes,
    (box, slot) => crop(frame, enlarged(inPixels(box, frame), grow), network.size, slot),
    (said) => {
      const [yaw, pitch, roll] = said("angles") as unknown as [number, number, number];
      return { yaw, pitch, roll };
    },
  );
}
