import { z } from "zod";

export const attendOptions = z.strictObject({
  model: z
    .enum(["network", "geometric"])
    .default("network")
    .describe(
      "What makes the estimate: the attention network, or geometry alone. docs/attention.md compares them.",
    ),
  board: z
    .strictObject({
      yaw: z
        .number()
        .min(-60)
        .max(60)
        .describe("Degrees; positive is to the right-hand side of the picture."),
      pitch: z
        .number()
        .min(-60)
        .max(30)
        .describe(
          "Degrees; negative is down. A camera mounted high sees a class that looks at the board with heads down.",
        ),
      yawPerWidth: z
        .number()
        .min(-120)
        .max(120)
        .default(0)
        .describe(
          "By how many degrees the board's direction turns from the left edge of the picture to the right.",
        ),
    })
    .optional()
    .describe(
      "Which way heads are turned that look at the board, as the camera sees them. Learnt from where the class looks during lectures when left out; only the geometric estimate asks.",
    ),
  fieldOfViewDegrees: z
    .number()
    .min(20)
    .max(180)
    .default(70)
    .describe("How wide the camera sees; only the geometric estimate asks."),
  screens: z
    .boolean()
    .default(true)
    .describe("Whether students have screens of their own (laptops, tablets)."),
});
export type AttendOptions = z.output<typeof attendOptions>;
