import { z } from "zod";
import { configSchema, loadConfig } from "../config.ts";
import { exampleOf, type JsonSchema } from "../explain.ts";
import type { Terminal } from "./terminal.ts";

/** The schema of what is typed: before fallbacks are filled in. */
export const configJsonSchema = (): JsonSchema => z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;

export async function checkConfig(terminal: Terminal, file: string): Promise<void> {
  const config = await loadConfig(file);
  terminal.say(`${file} is a valid config of ${config.site}/${config.room}`);
  terminal.emit({ file, valid: true, site: config.site, room: config.room });
}

export function printSchema(terminal: Terminal): void {
  terminal.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
}

export function printExample(terminal: Terminal): void {
  terminal.write(exampleConfig());
}

/** A config that is valid as it stands, with every other key commented out beside its meaning. */
export function exampleConfig(): string {
  return `# A focus gateway's config. \`focus-gateway config check FILE\` validates it.\n\n${exampleOf(configJsonSchema())}`;
}
