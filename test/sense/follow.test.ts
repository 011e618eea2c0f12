import { describe, expect, it, onTestFinished } from "vitest";
import { follow } from "../../gateway/sense/follow.ts";
import { Inflow } from "../../gateway/sense/inflow.ts";
import type { Measurement } from "../../gateway/sense/sensor.ts";
import type { Clock, Reading } from "../../gateway/terms.ts";

const co2: Measurement = { quantity: "co2", unit: "[ppm]", value: 812 };
const temperature: Measurement = { quantity: "temperature", unit: "Cel", value: 21 };
const lost = { measurements: [], away: { state: "lost", why: "unplugged" } } as const;

/** A sensor that stands still until it is told to go on, and what came of it. */
function followed() {
  let now = Date.UTC(2026, 10, 23, 9);
  const clock: Clock = { now: () => now, elapsed: () => now, sleep: async () => {} };
  const inflow = new Inflow();
  const states: string[] = [];
  const readings: Reading[] = [];
  const one = follow(async () => ({ next: () => inflow.next(), close: async () => inflow.close() }), {
    name: "air-7",
    staleAfterSeconds: 600,
    clock,
    onReading: (reading) => void readings.push(reading),
    onState: (state, why) => void states.push(why ? `${state}: ${why}` : state),
  });
  onTestFinished(() => one.close());
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  return {
    states,
    readings,
    async say(...measurements: Measurement[]) {
      inflow.put({ measurements });
      await settled();
    },
    async put(report: Parameters<Inflow["put"]>[0]) {
      inflow.put(report);
      await settled();
    },
    wait(minutes: number) {
      now += minutes * 60_000;
      one.look();
    },
  };
}

describe("how a sensor is doing", () => {
  it("is stale when one of its quantities is, however much it says of the others", async () => {
    const { say, wait, states, readings } = followed();
    await say(co2, temperature);
    for (let minute = 0; minute < 12; minute++) {
      wait(1);
      await say({ ...temperature, value: 21 + minute / 100 });
    }
    expect(states).toEqual(["opening", "ok", "stale: nothing that is new enough was heard of co2"]);
    expect(readings.filter(({ quality }) => quality === "stale")).toMatchObject([
      { quantity: "co2", value: Number.NaN },
    ]);
    await say(co2);
    expect(states.at(-1)).toBe("ok");
  });

  it("says which quantity cannot be", async () => {
    const { say, states } = followed();
    await say({ ...co2, value: Number.NaN }, temperature);
    expect(states.at(-1)).toBe("implausible: what it says of co2 cannot be");
  });

  it("stays what it was when one reading jumps", async () => {
    const { put, say, wait, states, readings } = followed();
    await put({ measurements: [temperature], lowBattery: true });
    wait(1);
    await say({ ...temperature, value: 40 });
    expect(readings.at(-1)!.quality).toBe("jump");
    expect(states).toEqual(["opening", "low_battery: its battery is low"]);
  });

  it("is what its readings are worth as soon as it can be heard again", async () => {
    const { say, put, wait, states } = followed();
    await say(co2);
    await put(lost);
    wait(5);
    expect(states.at(-1)).toBe("lost: unplugged");
    await put({ measurements: [] });
    expect(states.at(-1)).toBe("ok");
    await put(lost);
    wait(20);
    expect(states.at(-1), "whoever is away is not stale").toBe("lost: unplugged");
    await put({ measurements: [] });
    expect(states.at(-1)).toBe("stale: nothing was heard from it for 600 s");
  });

  it("that can be heard and has never said anything is still awaited", async () => {
    const { put, wait, states } = followed();
    await put(lost);
    await put({ measurements: [] });
    expect(states).toEqual(["opening", "lost: unplugged", "opening"]);
    wait(11);
    expect(states.at(-1)).toBe("stale: nothing was heard from it for 600 s");
  });
});
