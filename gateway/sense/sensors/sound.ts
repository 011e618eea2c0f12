import { z } from "zod";
import { Inflow } from "../inflow.ts";
import { type Measurement, sensorDriver } from "../sensor.ts";

/**
 * A microphone. It is the eye process that hears, works out two numbers and forgets the sound; this driver is handed the
 * numbers. The options are the eye's too.
 */
export const sound = sensorDriver({
  options: z.strictObject({
    driver: z.literal("sound"),
    source: z
      .enum(["alsa", "pulse", "file"])
      .default("alsa")
      .describe("Where ffmpeg takes it from. `file` plays a recording over and over, for trying it out."),
    device: z
      .string()
      .min(1)
      .default("default")
      .describe("Name of the microphone (`hw:1,0`, `default`), or the path of the file."),
    everySeconds: z.int().min(1).max(600).default(10).describe("Over how long level and speech are taken."),
    calibrationDecibels: z
      .number()
      .min(0)
      .max(200)
      .optional()
      .describe(
        "What a sound level meter beside the microphone says (dB(A)), less what `sound_level` says. With it `noise` is published as sound pressure, without it `sound_level`, relative to full scale.",
      ),
    ffmpeg: z.string().min(1).optional().describe("The ffmpeg to use. Found by itself if left out."),
  }),
  async open({ calibrationDecibels: calibration }, { name, sounds }) {
    const inflow = new Inflow();
    const unlisten = sounds.listen(name, {
      heard({ time, level, speech }) {
        const loudness: Measurement =
          calibration === undefined
            ? { quantity: "sound_level", unit: "dB", value: level, time }
            : { quantity: "noise", unit: "dB[SPL]", value: level + calibration, time };
        const share: Measurement[] =
          speech === null ? [] : [{ quantity: "speech_share", unit: "1", value: speech, time }];
        inflow.put({ measurements: [loudness, ...share] });
      },
      away: (away) => inflow.put({ measurements: [], away }),
    });
    return {
      next: () => inflow.next(),
      async close() {
        unlisten();
        inflow.close();
      },
    };
  },
});
