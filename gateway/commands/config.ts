import { stringify } from "yaml";
import { z } from "zod";
import { configHash } from "../account.ts";
import { configSchema, loadConfig } from "../config.ts";
import { GatewayError } from "../errors.ts";
import { exampleOf, type JsonSchema } from "../explain.ts";
import { withoutSecrets } from "../fleet/hide.ts";
import { readLayers } from "../layers.ts";
import type { Terminal } from "./terminal.ts";

/** The schema of what is typed: before fallbacks are filled in. */
export const configJsonSchema = (): JsonSchema => z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;

export async function checkConfig(terminal: Terminal, file: string): Promise<void> {
  const config = await loadConfig(file).catch((error) => {
    if (error instanceof GatewayError)
      terminal.emit({ file, valid: false, error: error.code, message: error.message });
    throw error;
  });
  const layers = (await readLayers(file)).map((layer) => layer.file);
  const hash = configHash(config);
  terminal.say(`${file} is a valid config of ${config.site}/${config.room}, ${hash}`);
  if (config.cameras.length === 0) terminal.note("It names no camera: a recorder needs none, a gateway one.");
  if (layers.length > 1) terminal.say(`  defaults < ${layers.join(" < ")}`);
  terminal.emit({ file, valid: true, site: config.site, room: config.room, hash, layers });
}

/** The whole config as the gateway sees it: all files laid over each other, defaults filled in, secrets taken out. */
export async function showConfig(terminal: Terminal, file: string): Promise<void> {
  const config = withoutSecrets(await loadConfig(file)) as object;
  if (terminal.json) terminal.emit(config);
  else terminal.write(stringify(config, { lineWidth: 0 }));
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
