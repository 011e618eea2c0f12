import { readFile } from "node:fs/promises";
import { z } from "zod";
import { replaceFile } from "../../folders.ts";
import type { Usual } from "./usual.ts";

/** What is usual for the places of each camera. Places and angles only: nothing in it tells who sits there. */
export type Calibration = Readonly<Record<string, readonly Usual[]>>;

const usual = z.strictObject({
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  yaw: z.number(),
  pitch: z.number(),
  yawVariance: z.number().min(0),
  pitchVariance: z.number().min(0),
  looks: z.number().min(0),
});
const calibration = z.record(z.string(), z.array(usual));

/** What was kept, or nothing: a file that is missing or damaged only means that the room is learnt anew. Deleting it resets. */
export async function readCalibration(file: string): Promise<Calibration> {
  try {
    return calibration.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return {};
  }
}

export const writeCalibration = (file: string, learnt: Calibration): Promise<void> =>
  replaceFile(file, JSON.stringify(learnt));
