import pino from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../gateway/clock.ts";
import { QUANTITIES } from "../../gateway/sense/quantities.ts";
import type { Report, Sensor, SensorContext } from "../../gateway/sense/sensor.ts";
import { openSounds } from "../../gateway/sense/sounds.ts";
import { isUnit } from "../../gateway/sense/units.ts";
import { childProcesses } from "../support/processes.ts";

export interface SensorUnderTest {
  /** Opens one that says something within five seconds. */
  open(context: SensorContext): Promise<Sensor>;
  /** Called over and over while something is waited for: has a device that speaks by itself say something. */
  readonly speak?: () => void | Promise<void>;
  /** Takes the device away; null where it cannot vanish. */
  readonly vanish: (() => void | Promise<void>) | null;
}

/** What a sensor is given beside its options. */
export function sensorContext(more: Partial<SensorContext> = {}): SensorContext {
  return {
    name: "air-7",
    clock,
    log: pino({ level: "silent" }),
    broker: { url: "mqtt://127.0.0.1:1" },
    scene: () => ({ activity: "lecture", airing: false }),
    sounds: openSounds(),
    ...more,
  };
}

/** The next report, with the device being spoken to as long as there is none. */
export async function nextReport(sensor: Sensor, speak?: SensorUnderTest["speak"]): Promise<Report | null> {
  const coming = sensor.next();
  const over = new AbortController();
  const done = coming.finally(() => over.abort());
  done.catch(() => {});
  while (speak && !over.signal.aborted) {
    await speak();
    await clock.sleep(100, over.signal);
  }
  return done;
}

/** The next report with measurements in it. */
export async function nextMeasurements(sensor: Sensor, speak?: SensorUnderTest["speak"]) {
  for (;;) {
    const report = await nextReport(sensor, speak);
    if (report === null) throw new Error("the sensor was closed");
    if (report.measurements.length > 0) return report.measurements;
  }
}

/** What `sensor.ts` promises, held against one driver. `prepare` is called once a test and cleans up after itself. */
export function describeSensor(name: string, prepare: () => Promise<SensorUnderTest>): void {
  describe(`the sensor contract: ${name}`, () => {
    const opened: Sensor[] = [];
    afterEach(async () => {
      await Promise.all(opened.splice(0).map((sensor) => sensor.close()));
    });

    async function open() {
      const before = childProcesses();
      const under = await prepare();
      const sensor = await under.open(sensorContext());
      opened.push(sensor);
      return { ...under, sensor, before };
    }

    it("says what it measures, in quantities and units that are known, as numbers", async () => {
      const { sensor, speak } = await open();
      for (let times = 0; times < 2; times++) {
        const measurements = await nextMeasurements(sensor, speak);
        for (const { quantity, unit, value } of measurements) {
          expect(QUANTITIES).toContain(quantity);
          expect(isUnit(unit), unit).toBe(true);
          expect(typeof value).toBe("number");
        }
        const quantities = measurements.map(({ quantity }) => quantity);
        expect(new Set(quantities).size).toBe(quantities.length);
      }
    }, 20_000);

    it("gives null to one who waits while it is closed, and ever after", async () => {
      const { sensor, speak } = await open();
      await nextMeasurements(sensor, speak);
      // Whatever had been said already comes first.
      const rest = (async () => {
        while ((await sensor.next()) !== null);
        return null;
      })();
      await sensor.close();
      expect(await rest).toBeNull();
      expect(await sensor.next()).toBeNull();
    }, 20_000);

    it("can be closed twice, and at once", async () => {
      const { sensor } = await open();
      await sensor.close();
      await sensor.close();
      expect(await sensor.next()).toBeNull();
    }, 20_000);

    it("says so when its device vanishes, and gives no number for it", async (test) => {
      const { sensor, speak, vanish } = await open();
      if (!vanish) return test.skip("it cannot vanish");
      await nextMeasurements(sensor, speak);
      await vanish();
      const saysLost = async () => {
        for (;;) {
          const report = await sensor.next();
          if (report === null) return "closed";
          if (report.away) return report.away.state;
        }
      };
      await expect(saysLost().catch((error) => error.code)).resolves.toMatch(/^(lost|SENSOR_LOST)$/);
    }, 30_000);
  });
}
