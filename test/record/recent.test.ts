import fc from "fast-check";
import { expect, it } from "vitest";
import { openRecent } from "../../gateway/record/recent.ts";

/** A hundred records of ten bytes each, in a memory of that many. */
function hundred(most: number) {
  const recent = openRecent<number>(most);
  for (let i = 0; i < 100; i++) recent.add(i * 10, (i + 1) * 10, i);
  return recent;
}

it("gives the latest records back from where they lie, and leaves the others to the disk", () => {
  const recent = hundred(20);
  expect(recent.read(990, 1000, 5)).toEqual({ values: [99], next: 1000 });
  expect(recent.read(900, 1000, 3)).toEqual({ values: [90, 91, 92], next: 930 });
  expect(recent.read(0, 1000, 3)).toBeNull();
  expect(recent.read(905, 1000, 3)).toBeNull(); // no record begins there
});

it("keeps nothing that nobody needs any more, and all the rest", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 99 }), (needed, i) => {
      const recent = hundred(100);
      recent.forget(needed);
      const found = recent.read(i * 10, 1000, 1);
      expect(found).toEqual(i * 10 < needed ? null : { values: [i], next: (i + 1) * 10 });
    }),
  );
});

it("goes on after everything was forgotten", () => {
  const recent = hundred(100);
  recent.forget(1000);
  recent.add(1000, 1010, 100);
  expect(recent.read(1000, 1010, 5)).toEqual({ values: [100], next: 1010 });
});
