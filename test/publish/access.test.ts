import fc from "fast-check";
import { expect, test } from "vitest";
import { covers } from "../../gateway/publish/access.ts";
import { packetMeter } from "../../gateway/publish/packet-size.ts";
import { suspicion } from "../../gateway/publish/suspicion.ts";

test("a filter covers what it matches, and no wider filter", () => {
  for (const [allowed, asked] of [
    ["#", "a/b"],
    ["#", "#"],
    ["a/#", "a"],
    ["a/#", "a/+/c"],
    ["a/+", "a/b"],
    ["a/+/c", "a/+/c"],
    ["$SYS/#", "$SYS/uptime"],
  ] as const)
    expect(covers(allowed, asked), `${allowed} ${asked}`).toBe(true);
  for (const [allowed, asked] of [
    ["a/+", "a/#"],
    ["a/+", "a"],
    ["a/b", "a/+"],
    ["a/b", "#"],
    ["a/#", "ab"],
    ["a/b/c", "a/b"],
    ["#", "$SYS/uptime"],
    ["+/x", "$SYS/x"],
    ["a/b", "a/b/c"],
  ] as const)
    expect(covers(allowed, asked), `${allowed} ${asked}`).toBe(false);
});

test("whatever a covered filter covers, the covering one does too", () => {
  const level = fc.constantFrom("a", "b", "+");
  const filter = fc
    .tuple(fc.array(level, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...(open ? ["#"] : [])].join("/"));
  fc.assert(
    fc.property(filter, filter, filter, (a, b, c) => {
      if (covers(a, b) && covers(b, c)) expect(covers(a, c)).toBe(true);
      expect(covers(a, a)).toBe(true);
    }),
  );
});

test("packets are measured however the bytes are cut", () => {
  const packet = (length: number) => {
    const header = [0x30];
    for (let rest = length; ; rest >>= 7) {
      header.push((rest & 0x7f) | (rest > 127 ? 0x80 : 0));
      if (rest <= 127) break;
    }
    return [...header, ...Array(length).fill(7)];
  };
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 50 }),
      (lengths, cut) => {
        const bytes = Uint8Array.from(lengths.flatMap(packet));
        const exceeds = packetMeter(300);
        let found: number | null = null;
        for (let at = 0; at < bytes.length && found === null; at += cut)
          found = exceeds(bytes.subarray(at, at + cut));
        expect(found !== null).toBe(lengths.some((length) => length > 300));
      },
    ),
  );
});

test("a message is suspected only when the broker hangs up on it alone, soon, three times in a row", () => {
  const suspects = suspicion();
  suspects.hungUpOn(7, 10);
  suspects.hungUpOn(7, 10);
  suspects.hungUpOn(7, 60_000);
  expect(suspects.proven(7)).toBe(false);
  suspects.hungUpOn(8, 10);
  suspects.hungUpOn(7, 10);
  expect(suspects.proven(7)).toBe(false);
  suspects.hungUpOn(7, 10);
  suspects.hungUpOn(7, 10);
  expect([suspects.proven(7), suspects.proven(8)]).toEqual([true, false]);
});
