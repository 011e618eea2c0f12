import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sensorOptions } from "../../../gateway/sense/sensors/index.ts";
import { simulated } from "../../../gateway/sense/sensors/simulated.ts";
import { type Air, airAfter, humidityOf, noiseOf } from "../../../gateway/sense/simulate.ts";
import { ACTIVITIES } from "../../../gateway/terms.ts";
import { describeSensor, nextMeasurements, sensorContext } from "../../contracts/sensor.ts";

const options = simulated.options.parse({ driver: "simulated", everySeconds: 0.1 });
describeSensor("simulated", async () => ({
  open: (context) => simulated.open(options, context),
  vanish: null,
}));

const ROOM = { students: 24, cubicMetres: 200 };
const START: Air = { co2: 425, temperature: 20, vapour: 8 };
const lecture = { activity: "lecture", airing: false } as const;

describe("the air of a room that is not there", () => {
  it("fills with what a class breathes out: some 1,700 ppm an hour with the windows shut", () => {
    // 25 people, 14.4 litres an hour each, into 200 m³: 1,800 ppm, less what seeps out.
    const { co2 } = airAfter(START, lecture, ROOM, 3600);
    expect(co2 - START.co2).toBeGreaterThan(1_450);
    expect(co2 - START.co2).toBeLessThan(1_800);
  });

  it("grows warm and damp meanwhile, but not unlivable", () => {
    const air = airAfter(START, lecture, ROOM, 3600);
    expect(air.temperature).toBeGreaterThan(START.temperature + 1);
    expect(air.temperature).toBeLessThan(28);
    expect(humidityOf(air)).toBeGreaterThan(humidityOf(START));
  });

  it("is fresh again, and cool, after twenty minutes of open windows", () => {
    const used = airAfter(START, lecture, ROOM, 3600);
    const aired = airAfter(used, { activity: "break", airing: false }, ROOM, 1200);
    expect(aired.co2).toBeLessThan(750);
    expect(aired.temperature).toBeLessThan(used.temperature - 1);
    expect(aired.temperature).toBeGreaterThan(10);
  });

  it("goes the same way in one step or in many, and stays what air can be", () => {
    const scene = fc.record({ activity: fc.constantFrom(...ACTIVITIES), airing: fc.boolean() });
    const steps = fc.array(fc.record({ scene, seconds: fc.integer({ min: 1, max: 1800 }) }), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(steps, (all) => {
        let air = START;
        for (const { scene, seconds } of all) {
          const whole = airAfter(air, scene, ROOM, seconds);
          const parts = airAfter(airAfter(air, scene, ROOM, seconds / 3), scene, ROOM, (seconds * 2) / 3);
          expect(parts.co2).toBeCloseTo(whole.co2, 6);
          expect(Math.abs(parts.temperature - whole.temperature)).toBeLessThan(0.2);
          air = whole;
          expect(air.co2).toBeGreaterThanOrEqual(424.9);
          expect(air.co2).toBeLessThan(8_000);
          expect(air.temperature).toBeGreaterThan(5);
          expect(air.temperature).toBeLessThan(40);
          expect(humidityOf(air)).toBeGreaterThan(0);
          expect(humidityOf(air)).toBeLessThanOrEqual(100.001);
        }
      }),
    );
  });

  it("is louder in group work than in an exam", () => {
    const loud = ACTIVITIES.map((activity) => noiseOf({ activity, airing: false }, 0));
    expect(Math.max(...loud)).toBe(noiseOf({ activity: "group", airing: false }, 0));
    expect(noiseOf({ activity: "exam", airing: false }, 1)).toBeLessThan(
      noiseOf({ activity: "lecture", airing: false }, 0),
    );
  });

  it("is measured as the lesson goes on, sped up when asked", async () => {
    const fast = sensorOptions.parse({ driver: "simulated", name: "air-7", everySeconds: 0.2, speed: 60 });
    if (fast.driver !== "simulated") throw new Error("another driver");
    const sensor = await simulated.open(fast, sensorContext());
    const co2 = async () =>
      (await nextMeasurements(sensor)).find(({ quantity }) => quantity === "co2")!.value;
    const first = await co2();
    let last = first;
    for (let times = 0; times < 8; times++) last = await co2();
    await sensor.close();
    // 8 × 0.2 s are 96 s of air: some 45 ppm, and the meter's own noise is 8.
    expect(last).toBeGreaterThan(first + 20);
  });
});
