import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Point } from "../../gateway/record/sink.ts";
import { influxOptions, openInflux } from "../../gateway/record/sinks/influx.ts";
import {
  beforeRange,
  beginsWith,
  column,
  count,
  either,
  endOfRange,
  from,
  identifier,
  is,
  isNoneOf,
  isOneOf,
  lastOfAll,
  literal,
  max,
  mean,
  picked,
  pickedTwice,
  TIME,
} from "../../provisioning/influxql.ts";
import { DATABASES } from "../support/databases.ts";
import type { Influx } from "../support/influxd.ts";
import { ask, fill, type Situation } from "./grafana.ts";

/** Any text that may be in a query: Grafana cannot carry a `$`, and the record takes no control characters. */
const text = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .filter((value) => !value.includes("$"));
const nasty = fc.constantFrom(
  "'",
  '"',
  "\\",
  "\\'",
  '\\"',
  "' OR '1'='1",
  "; DROP DATABASE focus --",
  "a\nb",
  "/",
  "\\/",
);
const anything = fc.oneof(
  text,
  nasty,
  fc.tuple(text, nasty, text).map((parts) => parts.join("")),
);

describe("a query", () => {
  it("reads as InfluxQL", () => {
    const query = from("focus")
      .select(mean("focus").as("focus"), max("high"))
      .where(is("quality", "ok"), picked("room"), TIME)
      .by("activity")
      .every("$__interval", "none");
    expect(String(query)).toBe(
      'SELECT mean("focus") AS "focus", max("high") FROM "focus" WHERE "quality" = \'ok\' AND ' +
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
        '"room" =~ /^${room:regex}$/ AND $timeFilter GROUP BY time($__interval), "activity" fill(none)',
    );
    expect(String(from("event").select(column("text")).newest(3))).toBe(
      'SELECT "text" FROM "event" ORDER BY time DESC LIMIT 3',
    );
    expect(String(max("lost").growth().as("more"))).toBe('non_negative_difference(max("lost")) AS "more"');
    expect(String(count("focus").per(count("window_s")))).toBe('(count("focus") * 1.0) / count("window_s")');
    expect(String(lastOfAll("cameras_"))).toBe("last(/^cameras_/)");
    expect(String(either(beginsWith("provider", ["cuda:"]), isNoneOf("activity", ["exam", "a.b"])))).toBe(
      '("provider" =~ /^(cuda:)/ OR "activity" !~ /^(exam|a\\.b)$/)',
    );
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
    expect(String(endOfRange("2m"))).toBe("time > ${__to}ms - 2m AND time <= ${__to}ms");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
    expect(String(beforeRange("28d"))).toBe("time >= ${__from}ms - 28d AND time < ${__from}ms");
  });

  it("changes nothing of the one that it was made from", () => {
    const all = from("focus").select(column("focus"));
    const some = all.where(is("room", "101"));
    expect(String(all)).not.toContain("WHERE");
    expect(String(some)).toContain("WHERE");
  });

  it("takes no interval, duration, variable or number of rows that could be anything else", () => {
    const query = from("focus").select(column("focus"));
    expect(() => query.every("1m) SLIMIT 1 --")).toThrow(RangeError);
    expect(() => endOfRange("2m OR 1=1")).toThrow(RangeError);
    expect(() => picked("room", "room} OR ${room")).toThrow(RangeError);
    expect(() => query.newest(0.5)).toThrow(RangeError);
    expect(() => String(from("focus"))).toThrow("needs a column");
    expect(() => literal("$timeFilter")).toThrow("Grafana cannot carry a $");
    expect(() => from("focus").select(count("focus")).every("1m")).toThrow("0 or none");
  });

  it("keeps names and texts within their quotes, whatever is in them", () => {
    fc.assert(
      fc.property(anything, (value) => {
        for (const [written, quote] of [
          [literal(value), "'"],
          [identifier(value), '"'],
        ] as const) {
          const [inside, rest] = scanned(written, quote);
          expect(inside).toBe(value);
          expect(rest).toBe("");
          expect(written).not.toContain("\n");
        }
      }),
    );
  });
});

/** InfluxQL's own rule for what is between quotes (influxql/scanner.go: ScanString). Returns that, and what is after. */
function scanned(written: string, quote: string): [string, string] {
  let inside = "";
  for (let index = 1; index < written.length; index += 1) {
    const character = written[index]!;
    if (character === quote) return [inside, written.slice(index + 1)];
    if (character !== "\\") inside += character;
    else {
      index += 1;
      const escaped = written[index]!;
      if (!["n", "\\", '"', "'"].includes(escaped)) throw new Error(`bad escape: \\${escaped}`);
      inside += escaped === "n" ? "\n" : escaped;
    }
  }
  throw new Error(`not ended: ${written}`);
}

for (const { name, missing, start } of DATABASES)
  describe.skipIf(missing)(name, () => {
    let influx: Influx;
    beforeAll(async () => {
      influx = await start();
    });
    afterAll(() => influx?.stop());

    // Texts as fields: a tag's value is more restricted, by the record, than what a query can ask for.
    const names = [
      ...new Set(
        fc.sample(
          anything.filter((value) => !/[\p{Cs}\0]/u.test(value)),
          { numRuns: 150, seed: 7 },
        ),
      ),
    ];
    const at = (index: number) => Date.UTC(2026, 10, 16) + index * 1000;
    const point = (lesson: string, index: number): Point => ({
      measurement: "focus",
      tags: { site: "s", room: "r" },
      fields: { lesson, quality: "ok", focus: index },
      time: at(index),
    });

    it("finds by equality, by one of several and by what was picked the very rows that are meant", async () => {
      const sink = await openInflux(influxOptions.parse(influx.options));
      expect(await sink.write(names.map(point))).toEqual([]);
      await sink.close();
      const found = async (query: unknown, lesson: string | string[] = "") => {
        const page: Situation = { from: 0, to: at(1000), variables: { lesson } };
        const series = await ask(influx, fill(String(query), page, page, "1m"));
        return series.flatMap(({ rows }) => rows.map(({ focus }) => focus));
      };
      const windows = from("focus").select(column("focus"));
      for (const [index, name] of names.entries()) {
        expect(await found(windows.where(is("lesson", name))), name).toEqual([index]);
        if (name.includes("\n")) continue; // A lesson's name is one line.
        expect(await found(windows.where(picked("lesson")), name), name).toEqual([index]);
        expect(await found(windows.where(isOneOf("lesson", [name]))), name).toEqual([index]);
        const all = windows.where(either(picked("lesson"), pickedTwice("quality", "lesson")));
        expect(await found(all, name), name).toEqual([index]);
      }
      const plain = names.filter((name) => !name.includes("\n")).slice(0, 20);
      expect(await found(windows.where(picked("lesson")), plain)).toEqual(
        plain.map((name) => names.indexOf(name)),
      );
    });

    it("finds with “all” what has no lesson too, and not with a lesson that is named like a quality", async () => {
      const own = await influx.another("all");
      const sink = await openInflux(influxOptions.parse(own.options));
      const none: Point = { ...point("", 0), fields: { quality: "ok", focus: 0 } };
      expect(await sink.write([none, point("ok", 1), point("Maths", 2)])).toEqual([]);
      await sink.close();
      const query = from("focus")
        .select(column("focus"))
        .where(either(picked("lesson"), pickedTwice("quality", "lesson")));
      const found = async (lesson: string) => {
        const page: Situation = { from: 0, to: at(1000), variables: { lesson } };
        const [series] = await ask(own, fill(String(query), page, page, "1m"));
        return series?.rows.map(({ focus }) => focus);
      };
      expect(await found("$__all")).toEqual([0, 1, 2]);
      expect(await found("ok")).toEqual([1]);
      expect(await found("Maths")).toEqual([2]);
    });
  });
