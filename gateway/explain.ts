import { stringify } from "yaml";

/** The parts of JSON Schema that zod writes and this file reads. */
export interface JsonSchema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly examples?: readonly unknown[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly secret?: boolean;
  /** Stands in nearly every config, though it may be left out. */
  readonly usual?: boolean;
}

/** One line of the reference: a key with its place, what it may be, what it is when left out, and what it means. */
export interface Row {
  readonly key: string;
  readonly type: string;
  readonly fallback: string;
  readonly meaning: string;
}

const alternatives = (schema: JsonSchema) => schema.oneOf ?? schema.anyOf ?? [];

/** Alternatives that differ by a key such as `driver`, with that key's value. */
function variantsOf(schema: JsonSchema): Array<{ label: string; schema: JsonSchema }> {
  return alternatives(schema).flatMap((variant) => {
    const entry = Object.entries(variant.properties ?? {}).find(([, value]) => value.const !== undefined);
    return entry ? [{ label: `${entry[0]}: ${entry[1].const}`, schema: variant }] : [];
  });
}

/** Every key below `schema`, depth first. */
export function rowsOf(schema: JsonSchema, prefix = ""): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, value]) => {
    const key = prefix ? `${prefix}.${name}` : name;
    const required = schema.required?.includes(name) === true && value.default === undefined;
    const row = {
      key,
      type: typeOf(value),
      fallback: fallbackOf(value, required),
      meaning: value.description ?? "",
    };
    return [row, ...rowsBelow(value, key)];
  });
}

function rowsBelow(schema: JsonSchema, key: string): Row[] {
  if (schema.secret) return [];
  if (schema.items)
    return rowsBelow({ ...schema.items }, `${key}[]`).concat(rowsOf(schema.items, `${key}[]`));
  const variants = variantsOf(schema);
  if (variants.length > 0) {
    return variants.flatMap(({ label, schema: variant }) => rowsOf(variant, `${key} (${label})`));
  }
  if (schema.properties && !key.endsWith("[]")) return rowsOf(schema, key);
  return alternatives(schema).flatMap((variant) => (variant.properties ? rowsOf(variant, key) : []));
}

export function typeOf(schema: JsonSchema): string {
  if (schema.secret) return "secret";
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(", ");
  const choices = alternatives(schema);
  if (choices.length > 0) return [...new Set(choices.map(typeOf))].join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
  if (schema.type === "object") return "section";
  const whole = schema.type === "integer" ? "whole number" : String(schema.type ?? "anything");
  const safe = Number.MAX_SAFE_INTEGER;
  const low = schema.minimum !== undefined && schema.minimum > -safe ? schema.minimum : undefined;
  const high = schema.maximum !== undefined && schema.maximum < safe ? schema.maximum : undefined;
  if (low !== undefined && high !== undefined) return `${whole} ${low}–${high}`;
  if (low !== undefined) return `${whole} ≥ ${low}`;
  if (high !== undefined) return `${whole} ≤ ${high}`;
  return whole;
}

function fallbackOf(schema: JsonSchema, required: boolean): string {
  if (required) return "needed";
  if (schema.default === undefined || schema.properties) return "";
  return `\`${JSON.stringify(schema.default)}\``;
}

/**
 * A config in which every key stands with its meaning: what is needed, or usual, with an example, the rest commented out with what
 * it is when left out. It is valid as it stands; a block is put to use by taking its `# ` away.
 */
export function exampleOf(schema: JsonSchema): string {
  return Object.entries(schema.properties ?? {})
    .map(([name, value]) => {
      const needed = schema.required?.includes(name) === true && value.default === undefined;
      const lines = entryOf(name, value).map((line) => (needed || value.usual ? line : `# ${line}`));
      return [...meaningOf(value), ...lines].join("\n");
    })
    .join("\n\n")
    .concat("\n");
}

function meaningOf({ description }: JsonSchema): string[] {
  return description ? wrap(description, "# ") : [];
}

function entryOf(name: string, schema: JsonSchema): string[] {
  if (schema.properties && !schema.secret) {
    const inner = Object.entries(schema.properties).flatMap(([key, value]) => [
      ...meaningOf(value),
      ...entryOf(key, value),
    ]);
    return [`${name}:`, ...inner.map((line) => `  ${line}`)];
  }
  const value = schema.examples?.[0] ?? schema.default ?? schema.const ?? schema.enum?.[0];
  if (value === undefined) return [`${name}: # ${typeOf(schema).replaceAll("`", "")}`];
  return stringify({ [name]: value }, { lineWidth: 0 })
    .trimEnd()
    .split("\n");
}

function wrap(text: string, lead: string): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line && lead.length + line.length + word.length > 96) {
      lines.push(line);
      line = "";
    }
    line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((each) => `${lead}${each}`);
}

/** The reference as a Markdown table. */
export function markdownOf(rows: readonly Row[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return [
    "| key | what | when left out | meaning |",
    "| --- | --- | --- | --- |",
    ...rows.map(
      (row) => `| \`${cell(row.key)}\` | ${cell(row.type)} | ${cell(row.fallback)} | ${cell(row.meaning)} |`,
    ),
  ].join("\n");
}
