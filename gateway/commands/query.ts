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
  const rows = await queryStore({ dataFolder, sql });
  await audit(dataFolder, "exported", { sql }, systemClock);
  terminal.write(FORMATS[options.json ? "json" : options.format](rows));
}
