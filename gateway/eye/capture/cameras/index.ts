import { z } from "zod";
import type { Camera, CameraContext } from "../camera.ts";
import { files } from "./files.ts";
import { simulated } from "./simulated.ts";

const named = {
  name: z
    .string()
    .regex(/^[a-z0-9-]+$/, "small letters, digits and hyphens only")
    .default("camera-1")
    .describe("What this camera is called in logs and health: small letters, digits and hyphens."),
};

export const cameraOptions = z.discriminatedUnion("driver", [
  simulated.options.extend(named),
  files.options.extend(named),
]);
export type CameraOptions = z.output<typeof cameraOptions>;

/** Opens the camera of that driver. Rejects with a GatewayError. A driver that is missing here does not compile. */
export function openCamera(options: CameraOptions, context: CameraContext): Promise<Camera> {
  switch (options.driver) {
    case "simulated":
      return simulated.open(options, context);
    case "files":
      return files.open(options, context);
  }
}
