/** What became of one case. */
export interface Row {
  readonly number: number;
  readonly title: string;
  readonly expected: string;
  readonly seen: string;
  readonly lost: number;
  readonly duplicated: number;
  readonly result: "ok" | "differs" | "not run";
  readonly seconds: number;
}

/** The rows as a Markdown table. */
export function table(rows: readonly Row[]): string {
  const cell = (value: string | number) => String(value).replaceAll("|", "\\|").replaceAll("\n", " ");
  const line = (cells: readonly (string | number)[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [
    line(["#", "case", "expected", "seen", "lost", "duplicated", "result"]),
    line(["---:", "---", "---", "---", "---:", "---:", "---"]),
    ...rows.map((row) =>
      line([row.number, row.title, row.expected, row.seen, row.lost, row.duplicated, row.result]),
    ),
  ].join("\n");
}
