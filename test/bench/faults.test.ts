import { describe, expect, it } from "vitest";
import { canRun } from "../../bench/faults/case.ts";
import { CASES, QUICK } from "../../bench/faults/cases.ts";
import { withPlace } from "../../bench/faults/place.ts";

/** The faults that are done in seconds; `npm run bench:faults` makes all of them happen. */
describe("the fault bench", () => {
  it("has a case for each of the thirty faults", () => {
    expect(CASES.map(({ number }) => number)).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
  });

  // What takes longer than five seconds each is left to the bench.
  const short = QUICK.filter(({ number }) => ![17, 22].includes(number));
  for (const one of short)
    it.skipIf(canRun(one) !== null)(
      `${one.number}: ${one.title} (skipped where ${one.needs?.join(", ") || "nothing"} is missing)`,
      async () => {
        const { seen, ok } = await withPlace((place) => one.run(place));
        expect(ok, `expected: ${one.expected}; seen: ${seen}`).toBe(true);
      },
      60_000,
    );
});
