import { z } from "zod";
import { catalogue, type ErrorCode } from "../../errors.ts";
import { CAMERA_STATES, type CameraState } from "../../terms.ts";
import { type Finding, failed, ok, warning } from "./finding.ts";

/** What `/readyz` says of each camera; a gateway of an older version says nothing. */
export const camerasSchema = z
  .record(
    z.string(),
    z.object({
      state: z.enum(CAMERA_STATES),
      problem: z.string().optional(),
      code: z
        .string()
        .refine((code): code is ErrorCode => code in catalogue)
        .optional()
        .catch(undefined), // another version's
    }),
  )
  .default({});

type Told = z.output<typeof camerasSchema>[string];

/** A line a camera, from what the gateway that holds them says. */
export const cameraFindings = (cameras: Readonly<Record<string, Told>>): Finding[] =>
  Object.entries(cameras).map(([name, told]) => findingOf(name, told));

function findingOf(name: string, { state, problem, code }: Told): Finding {
  if (state === "ok") return ok("camera", `${name}: in order, says the gateway that runs`);
  if (state === "paused") return ok("camera", `${name}: closed on purpose, says the gateway that runs`);
  // CAMERA_LOST and CAMERA_REFUSED name the camera themselves.
  const why = problem?.replace(`camera ${name}: `, "");
  const says = `${name}: ${state}${why ? `: ${why}` : ""}`;
  if (state === "opening") return warning("camera", says, "Its first picture has not come yet: ask again.");
  if (state === "moved") return warning("camera", says, adviceFor(state));
  return failed("camera", says, adviceFor(state, code));
}

/** What to do about a camera that is not well. */
export function adviceFor(state: CameraState, code?: ErrorCode): string {
  if (code !== undefined && code !== "CAMERA_LOST") return catalogue[code].hint;
  switch (state) {
    case "black":
      return "Take off the lens cap, open the shutter, and check that the camera gives a picture of its own.";
    case "dark":
      return "Switch on the light, or let the camera expose for longer; see docs/cameras.md.";
    case "covered":
      return "Uncover the lens, and clean it.";
    case "frozen":
      return "Switch the camera off and on. If it happens again, see docs/cameras.md.";
    case "stalled":
      return "Switch the camera off and on, and check the network between it and here.";
    case "moved":
      return "Move it back, or draw its mask and landmarks anew; see docs/cameras.md.";
    default:
      return "Check cable, power, address and rights.";
  }
}
