import type { Row, Section } from "./row.ts";

const number = (value: number) =>
  value >= 1000
    ? Math.round(value).toLocaleString("en")
    : value >= 100
      ? value.toFixed(0)
      : value.toPrecision(3);

const figure = ({ value, unit }: Row) => `${number(value)}${unit === "" ? "" : ` ${unit}`}`;
const verdict = ({ goal }: Row) => (goal ? `${goal.text} — ${goal.met ? "met" : "**missed**"}` : "");

/** The table for a terminal. */
export function asText(sections: readonly Section[]): string {
  return sections
    .flatMap(({ title, rows, skipped }) => [
      "",
      title,
      ...rows.map((row) =>
        [
          `  ${row.what.padEnd(58)} ${figure(row).padStart(16)}`,
          verdict(row).replaceAll("**", "").padEnd(24),
          row.note ?? "",
        ]
          .join("  ")
          .trimEnd(),
      ),
      ...(skipped ? [`  SKIPPED ${skipped}`] : []),
    ])
    .join("\n");
}

/** The same for the docs. */
export function asMarkdown(sections: readonly Section[]): string {
  return sections
    .flatMap(({ title, rows, skipped }) => [
      `**${title}**`,
      "",
      ...(rows.length > 0
        ? [
            "| what | measured | goal | |",
            "| --- | --- | --- | --- |",
            ...rows.map((row) => `| ${row.what} | ${figure(row)} | ${verdict(row)} | ${row.note ?? ""} |`),
            "",
          ]
        : []),
      ...(skipped ? [`Skipped: ${skipped}.`, ""] : []),
    ])
    .join("\n");
}
