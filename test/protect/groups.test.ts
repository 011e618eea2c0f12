import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zonesThatMaySpeak } from "../../gateway/protect/groups.ts";

const speak = (heads: Record<string, number>, total: number, minimum = 10) =>
  [...zonesThatMaySpeak(new Map(Object.entries(heads)), total, minimum)].sort();

describe("zones that may speak", () => {
  it("are those with the minimum group in sight, when enough are left over or none are", () => {
    expect(speak({ left: 12, right: 12 }, 24)).toEqual(["left", "right"]);
    expect(speak({ left: 12, right: 9 }, 34)).toEqual(["left"]);
    expect(speak({ left: 9, right: 9 }, 24)).toEqual([]);
  });

  it("leave out the smallest when the few left over could be found by subtraction", () => {
    expect(speak({ left: 12, right: 11 }, 24)).toEqual(["left"]);
    expect(speak({ left: 23 }, 24)).toEqual([]);
  });

  it("never let a smaller group be found by taking any of what is published from any other of it", () => {
    const rosters = fc
      .tuple(fc.integer({ min: 5, max: 12 }), fc.array(fc.nat(30), { maxLength: 5 }), fc.nat(30))
      .map(([minimum, zones, elsewhere]) => ({
        minimum,
        heads: new Map(zones.map((count, i) => [`zone-${i}`, count])),
        total: zones.reduce((sum, count) => sum + count, elsewhere),
      }));
    fc.assert(
      fc.property(rosters, ({ minimum, heads, total }) => {
        const speaking = [...zonesThatMaySpeak(heads, total, minimum)];
        if (total < minimum) {
          expect(speaking).toEqual([]);
          return;
        }
        // Zones do not overlap, so that what can be had are sums of zones, and the room less such a sum.
        for (let chosen = 0; chosen < 2 ** speaking.length; chosen += 1) {
          const sum = speaking
            .filter((_, i) => chosen & (2 ** i))
            .reduce((all, zone) => all + heads.get(zone)!, 0);
          for (const group of [sum, total - sum]) expect(group === 0 || group >= minimum).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});
