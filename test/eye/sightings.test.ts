import { describe, expect, it } from "vitest";
import { Sightings } from "../../gateway/eye/sightings.ts";
import type { Clock } from "../../gateway/terms.ts";

/** A clock that stands still until it is set. */
function standing() {
  const at = { ms: 0 };
  const clock: Clock = { now: () => 1_000_000 + at.ms, elapsed: () => at.ms, sleep: async () => {} };
  return { at, clock };
}

describe("what is known of a camera", () => {
  it("measures the rate over the last ten seconds, and the age of the latest picture", () => {
    const { at, clock } = standing();
    const sightings = new Sightings(clock);
    expect(sightings.status()).toEqual({
      ...{ state: "opening", problem: null, framesPerSecond: 0, frameAgeSeconds: null },
    });
    for (at.ms = 0; at.ms <= 20_000; at.ms += 250) sightings.saw(clock.now() - 100);
    at.ms = 20_000;
    expect(sightings.status().framesPerSecond).toBeCloseTo(4);
    expect(sightings.status().frameAgeSeconds).toBeCloseTo(0.1);
    at.ms = 40_000;
    expect(sightings.status().framesPerSecond).toBe(0);
    expect(sightings.status().frameAgeSeconds).toBeCloseTo(20.1);
  });

  it("says whether a state is news", () => {
    const sightings = new Sightings(standing().clock);
    expect(sightings.change("opening", null)).toBe(false);
    expect(sightings.change("lost", "unplugged")).toBe(true);
    expect(sightings.change("lost", "unplugged")).toBe(false);
    expect(sightings.change("lost", "no power")).toBe(true);
    expect(sightings.state).toBe("lost");
  });
});
