import type { Influx } from "../support/influxd.ts";

/**
 * What Grafana does to a query before InfluxDB sees it, and to a panel's time range. After its documentation, and after its
 * sources (public/app/plugins/datasource/influxdb, pkg/tsdb/influxdb/models/query.go). Grafana itself is not run here.
 */

export interface Situation {
  /** Milliseconds since the Unix epoch, as the page's time range. */
  readonly from: number;
  readonly to: number;
  /** What was picked: a value, several, or `$__all`. */
  readonly variables: Readonly<Record<string, string | readonly string[]>>;
}

export interface PanelJson {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly targets?: readonly TargetJson[];
  readonly interval?: string;
  readonly timeFrom?: string;
  readonly timeShift?: string;
  readonly transformations?: readonly { readonly id: string; readonly options: unknown }[];
  readonly fieldConfig?: {
    readonly defaults: Readonly<Record<string, unknown>>;
    readonly overrides: readonly {
      readonly matcher: { readonly id: string; readonly options: string };
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly options?: Readonly<Record<string, unknown>>;
}

export interface TargetJson {
  readonly refId: string;
  readonly query: string;
  readonly alias?: string;
  readonly rawQuery: boolean;
  readonly resultFormat: string;
  readonly datasource: { readonly type: string; readonly uid: string };
}

/** One series of an answer, as InfluxDB gives it: columns by name, `time` in milliseconds. */
export interface Series {
  readonly tags: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5, w: 6048e5 };

export function milliseconds(duration: string): number {
  const [, amount, unit] = /^(\d+)(ms|s|m|h|d|w)$/.exec(duration) ?? [];
  if (unit === undefined) throw new Error(`no duration: ${duration}`);
  return Number(amount) * UNITS[unit]!;
}

/** The range that a panel asks for: its own length, or the page's so much earlier. */
export function rangeOf(
  panel: Pick<PanelJson, "timeFrom" | "timeShift">,
  page: Situation,
): { from: number; to: number } {
  const shift = panel.timeShift ? milliseconds(panel.timeShift) : 0;
  const to = page.to - shift;
  return { from: panel.timeFrom ? to - milliseconds(panel.timeFrom) : page.from - shift, to };
}

const NICE = ["10s", "20s", "30s", "1m", "2m", "5m", "10m", "30m", "1h"];
/** The stretch of time of a point: what a panel 600 pixels wide can show, and never less than it asks for. */
export function intervalOf(
  panel: Pick<PanelJson, "interval">,
  { from, to }: { from: number; to: number },
): string {
  const least = Math.max(panel.interval ? milliseconds(panel.interval) : 0, (to - from) / 600);
  return NICE.find((interval) => milliseconds(interval) >= least) ?? "1h";
}

/** Every character that means something in a regular expression, and the slash that ends one. */
const escapeRegex = (value: string) => value.replace(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

/** Fills in variables in the browser, then macros in the server. */
export function fill(
  query: string,
  situation: Situation,
  range: { from: number; to: number },
  interval: string,
): string {
  const own: Record<string, string> = { __from: String(situation.from), __to: String(situation.to) };
  const inBrowser = query.replace(/\$\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format?: string) => {
    if (name in own) return own[name]!;
    const picked = situation.variables[name];
    if (picked === undefined) return whole;
    // Variables that can be "all" have `.*` for it (`allValue`), and that is put in as it stands.
    if ([picked].flat()[0] === "$__all") return ".*";
    if (format !== "regex") throw new Error(`${whole} would not be escaped`);
    const values = [picked].flat().map(escapeRegex);
    return values.length === 1 ? values[0]! : `(${values.join("|")})`;
  });
  const filled = inBrowser
    .replaceAll("$timeFilter", `time >= ${range.from}ms and time <= ${range.to}ms`)
    .replaceAll("$__interval", interval);
  // A `$` is left only at the end of a regular expression.
  if (/\$(?!\/)/.test(filled)) throw new Error(`not filled in: ${filled}`);
  return filled;
}

export async function ask(influx: Influx, query: string): Promise<Series[]> {
  const answer = await fetch(`${influx.url}/query?db=${influx.database}&epoch=ms`, {
    method: "POST",
    headers: influx.headers,
    body: new URLSearchParams({ q: query }),
  });
  const { results = [], error } = (await answer.json()) as {
    error?: string;
    results?: {
      error?: string;
      series?: { tags?: Record<string, string>; columns: string[]; values: unknown[][] }[];
    }[];
  };
  const problem = error ?? results.find((result) => result.error)?.error;
  if (problem) throw new Error(`${query}: ${problem}`);
  return results.flatMap(({ series = [] }) =>
    series.map(({ tags = {}, columns, values }) => ({
      tags,
      columns,
      rows: values.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]]))),
    })),
  );
}

/** Everything that a panel asks in a situation, by the letter of the query. */
export async function askPanel(
  influx: Influx,
  panel: PanelJson,
  situation: Situation,
): Promise<{ series: Readonly<Record<string, readonly Series[]>>; from: number; to: number; every: number }> {
  const range = rangeOf(panel, situation);
  const interval = intervalOf(panel, range);
  const series: Record<string, readonly Series[]> = {};
  for (const { refId, query } of panel.targets ?? [])
    series[refId] = await ask(influx, fill(query, situation, range, interval));
  return { series, ...range, every: milliseconds(interval) };
}
