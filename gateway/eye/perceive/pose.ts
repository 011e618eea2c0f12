import type { PreparedModel } from "../../../models/manifest.ts";
import type { Box, Frame, HeadPose } from "../../terms.ts";
import { enlarged, inPixels } from "./boxes.ts";
import { crop } from "./crop.ts";
import type { Network } from "./providers/network.ts";

/** Which way the head in the box is turned, by the convention of `HeadPose`. */
export async function headPose(
  frame: Frame,
  box: Box,
  network: Network,
  { input, grow, output }: PreparedModel<"pose">,
): Promise<HeadPose> {
  crop(frame, enlarged(inPixels(box, frame), grow), input, network.input);
  const outputs = await network.run();
  const angle = ({ output: name, sign }: { output: string; sign: 1 | -1 }) =>
    sign * (output.firstBin + output.degreesPerBin * expectation(outputs[name]!));
  return { yaw: angle(output.yaw), pitch: angle(output.pitch), roll: angle(output.roll) };
}

/** The mean bin under softmax: finer than the bins themselves, which is why Hopenet (arXiv 1710.00925) reads it so. */
export function expectation(logits: ArrayLike<number>): number {
  const values = Array.from(logits);
  const highest = Math.max(...values);
  let sum = 0;
  let weighted = 0;
  for (const [bin, logit] of values.entries()) {
    const weight = Math.exp(logit - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}
