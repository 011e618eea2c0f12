import { readFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { failure, reason } from "../../gateway/errors.ts";
import { packageRoot } from "../../gateway/paths.ts";
import { ACTIVITIES, TARGETS } from "../../gateway/terms.ts";
import { sha256 } from "../pack.ts";

/** What the network takes for every seat at every step. The order is the network's; `models/training/features.py` says the same. */
export const STEP_FEATURES = [
  "yaw", "pitch", "roll", "eyesOpen", "eyesKnown", "score", "size", "across", "down", "yawMotion", "pitchMotion",
  "yawFromUsual", "pitchFromUsual",
] as const; // biome-ignore format: a row of the matrix
/** What it takes for every seat once. */
export const SEAT_FEATURES = [
  "x", "y", "width", "usualYaw", "usualPitch", "yawSpread", "pitchSpread", "known",
] as const; // biome-ignore format: a row of the matrix
/** What it takes for the room. */
export const ROOM_FEATURES = [
  ...ACTIVITIES, "activityKnown", "co2", "co2Known", "noise", "noiseKnown", "light", "lightKnown", "temperature",
  "temperatureKnown",
] as const; // biome-ignore format: a row of the matrix
/** Looks in a window: 30 s at two a second. */
export const STEPS = 60;
/** It takes two looks together, so that its weights α and β are by second. */
export const MOMENTS = 30;

const exactly = (names: readonly string[]) =>
  z.array(z.string()).refine((list) => list.join() === names.join(), "not what this gateway feeds a network");
const file = z.strictObject({
  file: z.string().regex(/^[\w.-]+\.onnx$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  bytes: z.int().positive(),
});

const manifest = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/),
  version: z.string(),
  licence: z.string(),
  steps: z.literal(STEPS),
  stepsPerSecond: z.literal(2),
  stepFeatures: exactly(STEP_FEATURES),
  seatFeatures: exactly(SEAT_FEATURES),
  roomFeatures: exactly(ROOM_FEATURES),
  targets: exactly(TARGETS),
  activities: exactly(ACTIVITIES),
  shiftThreshold: z.number().min(0).max(1).describe("A shift this probable or more is reported."),
  roomError: z
    .number()
    .min(0)
    .max(1)
    .describe("Standard error of a room's focus that all its heads share, measured on other rooms."),
  files: z.strictObject({ float32: file, int8: file }),
});

/** An attention network whose file is there and is the one its manifest names. */
export interface AttentionPack {
  /** `name@sha256-8` over the file that runs. */
  readonly id: string;
  readonly path: string;
  readonly precision: "float32" | "int8";
  readonly shiftThreshold: number;
  /** `Attention.roomError` of what it says. */
  readonly roomError: number;
}

/** The pack that comes with the gateway. */
export const attentionFolder = path.join(packageRoot, "models", "packs", "attention");

/** Reads and verifies a pack. Throws INPUT_MISSING, MODEL_MANIFEST, MODEL_MISSING, MODEL_HASH. */
export async function openAttentionPack(
  folder = attentionFolder,
  precision: AttentionPack["precision"] = "int8",
): Promise<AttentionPack> {
  const where = path.join(folder, "pack.json");
  const text = await readFile(where, "utf8").catch((error) => {
    throw failure("INPUT_MISSING", { path: where }, error);
  });
  const { name, shiftThreshold, roomError, files } = read(text, where);
  const wanted = files[precision];
  const onnx = path.join(folder, wanted.file);
  const bytes = await readFile(onnx).catch((error) => {
    throw failure("MODEL_MISSING", { file: onnx }, error);
  });
  const actual = sha256(bytes);
  if (actual !== wanted.sha256) throw failure("MODEL_HASH", { file: onnx, expected: wanted.sha256, actual });
  return { id: `${name}@${actual.slice(0, 8)}`, path: onnx, precision, shiftThreshold, roomError };
}

function read(text: string, where: string): z.output<typeof manifest> {
  try {
    return manifest.parse(JSON.parse(text));
  } catch (error) {
    const problems =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `${issue.path.join(".") || "(top)"}: ${issue.message}`)
        : [reason(error)];
    throw failure("MODEL_MANIFEST", { file: where, problems }, error);
  }
}
