import { Point as OfficialPoint } from "@influxdata/influxdb-client";
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Point } from "../../../gateway/record/sink.ts";
import { toLine } from "../../../gateway/record/sinks/influx.ts";

/** As the official client writes it; it puts names in order, which ours leaves as they are. */
function officially({ measurement, tags, fields, time }: Point): string {
  const line = new OfficialPoint(measurement).timestamp(time);
  for (const [name, value] of Object.entries(tags)) line.tag(name, value);
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "number") line.floatField(name, value);
    else if (typeof value === "boolean") line.booleanField(name, value);
    else if (value !== null) line.stringField(name, value);
  }
  return line.toLineProtocol({ convertTime: String })!;
}

const inOrder = <T>(values: Readonly<Record<string, T>>) =>
  Object.fromEntries(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));

it("a line is what the official client makes of the point, whatever stands in it", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,12}$/);
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  const value = fc.oneof(number, fc.string({ unit: "binary" }), fc.boolean(), fc.constant(null));
  const point = fc.record({
    measurement: fc.constantFrom("focus", "environment", "event"),
    tags: fc.dictionary(name, fc.string({ unit: "binary" })).map(inOrder),
    fields: fc.tuple(fc.dictionary(name, value), number).map(([more, one]) => inOrder({ ...more, one })),
    time: fc.integer({ min: 0, max: 4e12 }),
  });
  fc.assert(
    fc.property(point, (one) => {
      expect(toLine(one as Point)).toBe(officially(one as Point));
    }),
    { numRuns: 1000 },
  );
});
