import { audit } from "../audit.ts";
import { systemClock } from "../clock.ts";
import { loadConfig } from "../config.ts";
import { formatCsv, formatJson, formatTable, queryStore } from "../record/record.ts";
import type { Terminal } from "./terminal.ts";

const FORMATS = { table: formatTable, csv: formatCsv, json: formatJson } as const;

export interface QueryOptions {
  readonly format: keyof typeof FORMATS;
  readonly json?: boolean;
  readonly config?: string;
}

/** Whoever reads data out is written down. `--json` means JSON lines, as everywhere, whatever `--format` says. */
export async function query(terminal: Terminal, sql: string, options: QueryOptions): Promise<void> {
  const { dataFolder } = await loadConfig(options.config);
  const answer = await queryStore({ dataFolder, sql });
  await audit(dataFolder, "exported", { sql }, systemClock);
  const format = options.json ? "json" : options.format;
  terminal.write(FORMATS[format](answer));
  // A file of rows has no place to say it in, and must not pass for all there is.
  if (answer.truncated && format !== "table")
    terminal.note(
      `only the first ${answer.rows.length} rows, and there are more: ask for a part at a time (WHERE time >= … AND time < …)`,
    );
}
