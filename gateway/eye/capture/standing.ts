import { z } from "zod";
import { pointOptions, polygonOptions } from "./polygon.ts";

/** What can be said of every camera, whatever its driver: what it is called, and how it stands in the room. */
export const standingOptions = {
  name: z
    .string()
    .regex(/^[a-z0-9-]+$/, "small letters, digits and hyphens only")
    .default("camera-1")
    .describe("What this camera is called in logs and health: small letters, digits and hyphens."),
  mask: z
    .array(polygonOptions)
    .default([])
    .describe(
      "What must never be seen: polygons, each a list of `[x, y]` in shares of the picture from its top left. They are blackened before anything looks at the picture.",
    ),
  landmarks: z
    .array(
      z.strictObject({
        picture: pointOptions.describe("`[x, y]` in shares of the picture from its top left."),
        room: z.array(z.number()).length(2).describe("`[x, y]` in metres, from any corner of the room."),
      }),
    )
    .min(4)
    .max(100)
    .optional()
    .describe(
      "Four or more places at the height of seated heads, no three in a line, as this camera and a tape measure see them. With them, a head that several cameras see is counted once.",
    ),
};
