import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, it } from "vitest";
import { type QueryOptions, query } from "../../gateway/commands/query.ts";
import { openEmbedded } from "../../gateway/record/sinks/embedded.ts";
import { temporaryFolder } from "../support/places.ts";

it("says beside the rows, in each format, that there are more than it gives", async () => {
  const dataFolder = await temporaryFolder();
  await (await openEmbedded(dataFolder)).close();
  const config = path.join(dataFolder, "gateway.yaml");
  await writeFile(config, "site: school\nroom: room-1\ndataFolder: .\n");

  const ask = async (sql: string, options: Partial<QueryOptions>) => {
    const written: string[] = [];
    const notes: string[] = [];
    const terminal = {
      json: false,
      say: () => {},
      emit: () => {},
      write: (text: string) => void written.push(text),
      note: (line: string) => void notes.push(line),
      progress: () => ({ update: () => {}, end: () => {} }),
    };
    await query(terminal, sql, { format: "table", config, ...options });
    return { lines: written.join("").trimEnd().split(/\r?\n/), noted: notes.join() };
  };

  const all = "SELECT 1 AS one FROM range(100_000)";
  const more = "SELECT 1 AS one FROM range(100_001)";
  for (const options of [{ format: "csv" }, { format: "json" }, { json: true }] as const) {
    expect((await ask(all, options)).noted).toBe("");
    const { lines, noted } = await ask(more, options);
    expect(noted).toContain("only the first 100000 rows, and there are more");
    // Where a program reads, there is nothing but rows.
    expect(lines).toHaveLength("format" in options && options.format === "csv" ? 100_001 : 100_000);
  }
  const { lines, noted } = await ask(more, {});
  expect([lines.at(-1), noted]).toEqual(["100000 rows, and there are more", ""]);
});
