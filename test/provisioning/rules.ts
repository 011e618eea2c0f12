import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../gateway/paths.ts";
import type { Influx } from "../support/influxd.ts";
import { ask, fill, milliseconds } from "./grafana.ts";

/** A rule as it stands in the committed YAML, once Grafana has read it. */
export interface RuleJson {
  readonly uid: string;
  readonly title: string;
  readonly condition: string;
  readonly for: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly dashboardUid: string;
  readonly panelId: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly data: readonly {
    readonly refId: string;
    readonly datasourceUid: string;
    readonly relativeTimeRange?: { readonly from: number; readonly to: number };
    readonly model: Model;
  }[];
}

interface Model {
  readonly query?: string;
  readonly type?: "reduce" | "math" | "threshold";
  readonly expression?: string;
  readonly reducer?: "last" | "min" | "sum";
  readonly settings?: { readonly mode: string };
  readonly conditions?: readonly {
    readonly evaluator: { readonly type: "gt" | "lt"; readonly params: number[] };
  }[];
}

export const grafanaFolder = path.join(packageRoot, "provisioning", "grafana");

/** Reads a provisioning file as Grafana does: `$$` is a dollar, and `$NAME` the environment's. */
export function readProvisioning(file: string, environment: Readonly<Record<string, string>> = {}): unknown {
  const expand = (value: unknown): unknown => {
    if (typeof value === "string")
      return value.replace(/\$\$|\$\{(\w+)\}|\$(\w+)/g, (whole, braced?: string, bare?: string) =>
        whole === "$$" ? "$" : (environment[braced ?? bare ?? ""] ?? ""),
      );
    if (Array.isArray(value)) return value.map(expand);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expand(inner)]));
  };
  return expand(parse(readFileSync(path.join(grafanaFolder, file), "utf8")));
}

export const readRules = (): readonly RuleJson[] =>
  (readProvisioning("alerting/focus-rules.yaml") as { groups: { rules: RuleJson[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  );

/** One number, or many over time, for each set of labels. */
type Values = ReadonlyMap<string, readonly (number | null)[]>;

const MINUTE_MS = 60_000;

/** The sets of labels for which the rule fires: at every evaluation, one a minute, for as long as it must hold. */
export async function firing(influx: Influx, rule: RuleJson, now: number): Promise<readonly string[]> {
  let held: readonly string[] | null = null;
  for (let time = now - milliseconds(rule.for); time <= now; time += MINUTE_MS) {
    const true_ = await evaluate(influx, rule, time);
    held = held === null ? true_ : held.filter((labels) => true_.includes(labels));
  }
  return held ?? [];
}

/**
 * Evaluates once, as Grafana documents its expressions
 * (https://grafana.com/docs/grafana/latest/alerting/fundamentals/alert-rules/queries-conditions/).
 */
async function evaluate(influx: Influx, rule: RuleJson, now: number): Promise<readonly string[]> {
  const known = new Map<string, Values>();
  for (const { refId, relativeTimeRange, model } of rule.data)
    known.set(
      refId,
      model.query ? await answered(influx, model.query, now, relativeTimeRange!) : compute(model, known),
    );
  return [...known.get(rule.condition)!]
    .filter(([, [value]]) => value !== 0)
    .map(([labels]) => labels)
    .toSorted();
}

async function answered(
  influx: Influx,
  query: string,
  now: number,
  range: { readonly from: number; readonly to: number },
): Promise<Values> {
  const [from, to] = [now - range.from * 1000, now - range.to * 1000];
  const series = await ask(influx, fill(query, { from, to, variables: {} }, { from, to }, "1m"));
  const values = new Map<string, (number | null)[]>();
  for (const { tags, columns, rows } of series) {
    // A second column would have the same labels, and Grafana refuses what it cannot tell apart.
    if (columns.length !== 2) throw new Error(`an alert's query has one value: ${query}`);
    const labels = [tags.site, tags.room, tags.activity].filter(Boolean).join(" ");
    values.set(
      labels,
      rows.map((row) => row[columns[1]!] as number | null),
    );
  }
  return values;
}

function compute(model: Model, known: ReadonlyMap<string, Values>): Values {
  const { type, expression = "" } = model;
  if (type === "reduce") {
    // dropNN: what is not a number is left out first.
    if (model.settings?.mode !== "dropNN") throw new Error("rules reduce with dropNN");
    return map(known.get(expression)!, (values) =>
      reduced(
        model.reducer!,
        values.filter((value) => value !== null),
      ),
    );
  }
  if (type === "threshold") {
    const { type: than, params } = model.conditions![0]!.evaluator;
    return map(known.get(expression)!, ([value]) =>
      Number(than === "gt" ? value! > params[0]! : value! < params[0]!),
    );
  }
  // Math joins by labels, and drops what one of the variables has not.
  const names = [...expression.matchAll(/\$(\w)/g)].map(([, name]) => name!);
  const [first, ...others] = names.map((name) => known.get(name)!);
  return new Map(
    [...first!.keys()]
      .filter((labels) => others.every((other) => other.has(labels)))
      .map((labels) => {
        const filledIn = expression.replaceAll(/\$(\w)/g, (_, name) =>
          String(known.get(name)!.get(labels)![0]),
        );
        return [labels, [calculated(filledIn)]];
      }),
  );
}

const map = (values: Values, change: (inside: readonly (number | null)[]) => number): Values =>
  new Map([...values].map(([labels, inside]) => [labels, [change(inside)]]));

function reduced(reducer: NonNullable<Model["reducer"]>, values: readonly number[]): number {
  if (reducer === "sum") return values.reduce((total, value) => total + value, 0);
  if (reducer === "min") return values.length === 0 ? Number.NaN : Math.min(...values);
  return values.at(-1) ?? Number.NaN;
}

/** `||`, `&&`, `>` and `-` between numbers, each looser than the next; true is 1. */
function calculated(expression: string): number {
  for (const [operator, apply] of [
    ["||", (a: number, b: number) => Number(a !== 0 || b !== 0)],
    ["&&", (a: number, b: number) => Number(a !== 0 && b !== 0)],
    [" > ", (a: number, b: number) => Number(a > b)],
    [" - ", (a: number, b: number) => a - b],
  ] as const) {
    const parts = expression.split(operator);
    if (parts.length > 1) return parts.map(calculated).reduce(apply);
  }
  if (!/^\s*-?[\d.]+(e-?\d+)?\s*$/.test(expression)) throw new Error(`no number: ${expression}`);
  return Number(expression);
}
