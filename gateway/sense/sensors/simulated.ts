import { z } from "zod";
import { poll } from "../poll.ts";
import { type Measurement, sensorDriver } from "../sensor.ts";
import { type Air, airAfter, humidityOf, noiseOf, SPEECH } from "../simulate.ts";

/** A box on the wall of a room that is not there: the air of a class that breathes, and its noise. */
export const simulated = sensorDriver({
  options: z.strictObject({
    driver: z.literal("simulated"),
    students: z.int().min(0).max(40).default(24).describe("How many breathe, besides the teacher."),
    cubicMetres: z.number().min(20).max(2_000).default(200).describe("How large the room is."),
    co2Ppm: z.number().min(425).max(5_000).default(600).describe("CO₂ at the start."),
    speed: z
      .number()
      .min(0.1)
      .max(60)
      .default(1)
      .describe("Seconds of air that pass in a second: above 1, a lesson's air can be seen sooner."),
    everySeconds: z.number().min(0.1).max(600).default(5).describe("How often it measures."),
  }),
  async open({ students, cubicMetres, co2Ppm, speed, everySeconds }, { clock, scene }) {
    let air: Air = { co2: co2Ppm, temperature: 20.5, vapour: 8 };
    let at = clock.elapsed();
    /** From −1 to 1, each a little off the one before. */
    let swing = 0;
    const noisy = (value: number, spread: number, digits: number) =>
      Number((value + spread * (Math.random() + Math.random() - 1)).toFixed(digits));
    return poll(
      {
        everySeconds,
        close: async () => {},
        async read() {
          const now = clock.elapsed();
          const going = scene();
          air = airAfter(air, going, { students, cubicMetres }, ((now - at) / 1000) * speed);
          at = now;
          swing = Math.max(-1, Math.min(1, 0.7 * swing + 0.6 * (Math.random() - 0.5)));
          const speech = Math.max(0, Math.min(1, noisy(SPEECH[going.activity] + 0.15 * swing, 0.05, 2)));
          const measurements: Measurement[] = [
            { quantity: "co2", unit: "[ppm]", value: noisy(air.co2, 8, 0) },
            { quantity: "temperature", unit: "Cel", value: noisy(air.temperature, 0.05, 2) },
            { quantity: "humidity", unit: "%", value: noisy(humidityOf(air), 0.3, 1) },
            { quantity: "noise", unit: "dB[SPL]", value: noisy(noiseOf(going, swing), 0.5, 1) },
            { quantity: "speech_share", unit: "1", value: speech },
            { quantity: "light", unit: "lx", value: noisy(450 + 30 * swing, 10, 0) },
          ];
          return { measurements };
        },
      },
      clock,
    );
  },
});
