import { describe, expect, it } from "vitest";
import type { Table } from "../../../gateway/record/query/ask.ts";
import { formatCsv, formatJson, formatTable } from "../../../gateway/record/query/format.ts";

const table: Table = {
  columns: [
    { name: "time", type: "TIMESTAMP WITH TIME ZONE" },
    { name: "focus", type: "DOUBLE" },
    { name: "text", type: "VARCHAR" },
  ],
  rows: [
    ["2026-11-23T09:00:00.000Z", 0.6666666666666666, 'a "quoted", text'],
    ["2026-11-23T09:00:02.000Z", null, null],
    ["2026-11-23T09:00:04.000Z", -12, ""],
    ["2026-11-23T09:00:06.000Z", 1234567, "=1+1\n\u001b[31mred"],
  ],
  truncated: false,
};

describe("a table for people", () => {
  it("has numbers to the right, a dash where nothing is, and no control characters", () => {
    expect(formatTable(table)).toBe(`time                         focus  text
────────────────────────  ────────  ───────────────────
2026-11-23T09:00:00.000Z  0.666667  a "quoted", text
2026-11-23T09:00:02.000Z         –  –
2026-11-23T09:00:04.000Z       -12
2026-11-23T09:00:06.000Z   1234567  =1+1\\n\\u{1b}[31mred
4 rows
`);
  });

  it("says when there is more, and copes with no rows", () => {
    expect(formatTable({ ...table, rows: table.rows.slice(0, 1), truncated: true })).toMatch(
      /1 row, and there are more\n$/,
    );
    expect(formatTable({ ...table, rows: [] })).toMatch(/\n0 rows\n$/);
  });
});

describe("CSV", () => {
  it("follows RFC 4180, tells null from empty, and keeps spreadsheets from running texts", () => {
    expect(formatCsv(table).split("\r\n")).toEqual([
      "time,focus,text",
      '2026-11-23T09:00:00.000Z,0.6666666666666666,"a ""quoted"", text"',
      "2026-11-23T09:00:02.000Z,,",
      '2026-11-23T09:00:04.000Z,-12,""',
      '2026-11-23T09:00:06.000Z,1234567,"\'=1+1\n\u001b[31mred"',
      "",
    ]);
  });
});

describe("JSON lines", () => {
  it("has an object a row, whole precision, and a name for each of two columns that share one", () => {
    const lines = formatJson({
      columns: [
        { name: "a", type: "DOUBLE" },
        { name: "a", type: "DOUBLE" },
        { name: "__proto__", type: "VARCHAR" },
      ],
      rows: [[1 / 3, null, "p"]],
      truncated: false,
    });
    expect(lines).toBe('{"a":0.3333333333333333,"a_2":null,"__proto__":"p"}\n');
  });
});
