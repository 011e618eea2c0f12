import type { Table } from "./ask.ts";

/** A query's answer as text. Each ends with a line's end, or is empty when there is nothing to say. */

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*\))$/;
const NOTHING = "–";

/** For people: aligned columns, numbers to the right, `–` where there is nothing, how many rows. */
export function formatTable({ columns, rows, truncated }: Table): string {
  const numeric = columns.map(({ type }) => NUMERIC.test(type));
  const head = columns.map(({ name }) => plain(name));
  const body = rows.map((row) => row.map(forPeople));
  const widths = head.map((title, i) =>
    body.reduce((most, row) => Math.max(most, length(row[i]!)), length(title)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const space = " ".repeat(widths[i]! - length(cell));
        return numeric[i] ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "─".repeat(width)).join("  ");
  const count = `${rows.length} ${rows.length === 1 ? "row" : "rows"}${truncated ? ", and there are more" : ""}`;
  return `${[line(head), rule, ...body.map(line), count].join("\n")}\n`;
}

/** RFC 4180: CRLF, quotes doubled, empty where there is nothing. */
export function formatCsv({ columns, rows }: Table): string {
  const lines = [columns.map(({ name }) => name), ...rows].map((row) => row.map(forCsv).join(","));
  return lines.map((line) => `${line}\r\n`).join("");
}

/** A JSON object a line. Columns of the same name get `_2`, `_3`, … */
export function formatJson({ columns, rows }: Table): string {
  const seen = new Map<string, number>();
  const names = columns.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
  // From entries, so that a column called `__proto__` is a column.
  const lines = rows.map((row) => JSON.stringify(Object.fromEntries(names.map((name, i) => [name, row[i]]))));
  return lines.map((line) => `${line}\n`).join("");
}

function forPeople(value: unknown): string {
  if (value === null || value === undefined) return NOTHING;
  if (typeof value === "number")
    return Number.isInteger(value) ? String(value) : String(+value.toPrecision(6));
  return plain(typeof value === "string" ? value : JSON.stringify(value));
}

/** A stored text must not move the cursor or colour the terminal. */
function plain(text: string): string {
  return text.replaceAll(/\p{C}/gu, (character) => {
    if (character === "\n") return "\\n";
    return `\\u{${character.codePointAt(0)!.toString(16)}}`;
  });
}

const length = (text: string) => [...text].length;

function forCsv(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  // Spreadsheets run what begins like this (OWASP, "CSV injection"); an apostrophe makes it a text.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) || harmless === "" ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
