import { z } from "zod";
import type { Camera, CameraContext, PictureKind } from "../camera.ts";
import { masked } from "../mask.ts";
import { standingOptions } from "../standing.ts";
import { csi } from "./csi.ts";
import { files } from "./files.ts";
import { http } from "./http.ts";
import { rtsp } from "./rtsp.ts";
import { simulated } from "./simulated.ts";
import { v4l2 } from "./v4l2.ts";

const drivers = { simulated, files, v4l2, rtsp, csi, http };

export const cameraOptions = z.discriminatedUnion("driver", [
  simulated.options.extend(standingOptions),
  files.options.extend(standingOptions),
  v4l2.options.extend(standingOptions),
  rtsp.options.extend(standingOptions),
  csi.options.extend(standingOptions),
  http.options.extend(standingOptions),
]);
export type CameraOptions = z.output<typeof cameraOptions>;

/** What kind of pictures that driver gives. */
export const picturesOf = ({ driver }: CameraOptions): PictureKind => drivers[driver].pictures;

/**
 * Opens the camera of that driver, with its mask burnt into every frame. Rejects with a GatewayError. A driver that is
 * missing here does not compile.
 */
export async function openCamera(options: CameraOptions, context: CameraContext): Promise<Camera> {
  return masked(await openDriver(options, context), options.mask);
}

function openDriver(options: CameraOptions, context: CameraContext): Promise<Camera> {
  switch (options.driver) {
    case "simulated":
      return simulated.open(options, context);
    case "files":
      return files.open(options, context);
    case "v4l2":
      return v4l2.open(options, context);
    case "rtsp":
      return rtsp.open(options, context);
    case "csi":
      return csi.open(options, context);
    case "http":
      return http.open(options, context);
  }
}
