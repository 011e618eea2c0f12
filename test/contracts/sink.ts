import { describe, expect, it } from "vitest";
import type { Point, Sink } from "../../gateway/record/sink.ts";

/** A sink under test and a way to look into the place it keeps points in, independent of how it wrote them. */
export interface SinkUnderTest {
  readonly sink: Sink;
  /** The values of one field of a measurement, in the order of time; nulls where a row has none. */
  look(measurement: Point["measurement"], field: string): Promise<unknown[]>;
}

const start = Date.UTC(2026, 10, 23, 9);

export const reading = (index: number, value: number, fields: Point["fields"] = {}): Point => ({
  measurement: "environment",
  tags: { site: "Süd, north=side", room: "1 01", device: "co2-1", quantity: "co2", unit: "[ppm]" },
  fields: { value, quality: "ok", ...fields },
  time: start + index * 1000,
});

/** What every place that keeps points has promised. `open` is called once a test and cleans up after itself. */
export function sinkContract(name: string, open: () => Promise<SinkUnderTest>): void {
  describe(`the sink contract: ${name}`, () => {
    it("keeps what it was given", async () => {
      const { sink, look } = await open();
      expect(await sink.write([reading(0, 0.5), reading(1, 812), reading(2, -1e-9)])).toEqual([]);
      expect(await look("environment", "value")).toEqual([0.5, 812, -1e-9]);
    });

    it("leaves one when a point is written twice, in one go or in two, and keeps the later values", async () => {
      const { sink, look } = await open();
      await sink.write([reading(0, 1), reading(0, 2)]);
      await sink.write([reading(0, 3)]);
      await sink.write([reading(0, 3)]);
      expect(await look("environment", "value")).toEqual([3]);
    });

    it("takes whole numbers and fractions in one field, in either order", async () => {
      const { sink, look } = await open();
      await sink.write([reading(0, 24)]);
      await sink.write([reading(1, 0.25)]);
      expect(await look("environment", "value")).toEqual([24, 0.25]);
    });

    it("keeps texts as they are, whatever stands in them", async () => {
      const { sink, look } = await open();
      const text = `"quoted", it's = fine\\ \n; DROP TABLE event; -- äöü 🙂`;
      const mark: Point = {
        measurement: "event",
        tags: { site: "s", room: "r", kind: "mark" },
        fields: { text, count: 1 },
        time: start,
      };
      expect(await sink.write([mark])).toEqual([]);
      expect(await look("event", "text")).toEqual([text]);
    });

    it("leaves nulls out", async () => {
      const { sink, look } = await open();
      const window = (time: number, focus: number | null): Point => ({
        measurement: "focus",
        tags: { site: "s", room: "r", activity: "lecture", model: "m@0123abcd", provider: "cpu/float32" },
        fields: { focus, quality: focus === null ? "low_coverage" : "ok" },
        time,
      });
      await sink.write([window(start, 0.5), window(start + 1000, null)]);
      expect(await look("focus", "quality")).toEqual(["ok", "low_coverage"]);
      expect((await look("focus", "focus")).filter((value) => value !== null)).toEqual([0.5]);
    });

    it("hands back a point whose field changed its type, and keeps the others", async () => {
      const { sink, look } = await open();
      await sink.write([event(0, { level: 1 })]);
      const bad = event(2, { level: "high" });
      const refused = await sink.write([event(1, { level: 2 }), bad, event(3, { level: 3 })]);
      expect(refused.map(({ point }) => point)).toEqual([bad]);
      expect(refused[0]!.why).toMatch(/level/);
      expect(await look("event", "level")).toEqual([1, 2, 3]);
    });

    it("takes 2,000 points at once", async () => {
      const { sink, look } = await open();
      expect(await sink.write(Array.from({ length: 2000 }, (_, i) => reading(i, i)))).toEqual([]);
      expect(await look("environment", "value")).toHaveLength(2000);
    });

    it("takes an empty write, and may be closed twice", async () => {
      const { sink } = await open();
      expect(await sink.write([])).toEqual([]);
      await sink.close();
      await sink.close();
    });
  });
}

const event = (index: number, fields: Point["fields"]): Point => ({
  measurement: "event",
  tags: { site: "s", room: "r", kind: "drop" },
  fields: { count: 1, ...fields },
  time: start + index * 1000,
});
