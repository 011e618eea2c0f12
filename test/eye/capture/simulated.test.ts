import { simulated } from "../../../gateway/eye/capture/cameras/simulated.ts";
import { describeCamera } from "../../contracts/camera.ts";

describeCamera("simulated", async () => {
  const small = { students: 4, width: 320, height: 180, framesPerSecond: 5 };
  const options = simulated.options.parse({ driver: "simulated", ...small });
  return { framesPerSecond: 5, length: null, open: (context) => simulated.open(options, context) };
});
