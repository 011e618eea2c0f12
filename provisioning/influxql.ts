/**
 * An InfluxQL SELECT, built so that names and texts cannot break out of their quotes. It knows what InfluxDB 1.x, 2.x
 * and 3 all answer and nothing else: no Flux, no SLIMIT, no INTO, and of the functions those that 3 has
 * (https://docs.influxdata.com/influxdb3/core/reference/influxql/feature-support/).
 *
 *   from("focus").select(mean("focus").as("focus")).where(is("quality", "ok"), TIME).every("1m").toString()
 */
export function from(measurement: string): Select {
  return new Select({ from: identifier(measurement), columns: [], conditions: [], groups: [], end: "" });
}

interface Parts {
  readonly from: string;
  readonly columns: readonly string[];
  readonly conditions: readonly string[];
  readonly groups: readonly string[];
  readonly end: string;
}

/** What to do with stretches of time that hold no rows: leave them out, say null, or count them as nought. */
export type Fill = "none" | "null" | "0";

export class Select {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  select(...columns: readonly Column[]): Select {
    return this.#with({ columns: [...this.#parts.columns, ...columns.map(String)] });
  }

  /** All of these must hold. */
  where(...conditions: readonly Condition[]): Select {
    return this.#with({ conditions: [...this.#parts.conditions, ...conditions.map(String)] });
  }

  /** A row for each stretch of time: `1m`, or Grafana's `$__interval`. */
  every(interval: string, fill: Fill = "null"): Select {
    if (!/^(\d+(ms|s|m|h|d|w)|\$__interval)$/.test(interval))
      throw new RangeError(`no interval: ${interval}`);
    // 1.x counts nothing as 0 whatever is asked for, and others may say null: what is meant has to be said.
    if (fill === "null" && this.#parts.columns.some((column) => column.startsWith("count(")))
      throw new RangeError("a count over time is filled with 0 or none");
    return this.#with({ groups: [`time(${interval})`, ...this.#parts.groups], end: ` fill(${fill})` });
  }

  /** A series for each value of these tags. */
  by(...tags: readonly string[]): Select {
    return this.#with({ groups: [...this.#parts.groups, ...tags.map(identifier)] });
  }

  newest(rows: number): Select {
    if (!Number.isInteger(rows) || rows < 1) throw new RangeError(`no number of rows: ${rows}`);
    return this.#with({ end: ` ORDER BY time DESC LIMIT ${rows}` });
  }

  toString(): string {
    const { from, columns, conditions, groups, end } = this.#parts;
    if (columns.length === 0) throw new RangeError("a SELECT needs a column");
    const where = conditions.length > 0 ? ` WHERE ${conditions.join(" AND ")}` : "";
    const group = groups.length > 0 ? ` GROUP BY ${groups.join(", ")}` : "";
    return `SELECT ${columns.join(", ")} FROM ${from}${where}${group}${end}`;
  }

  #with(change: Partial<Parts>): Select {
    return new Select({ ...this.#parts, ...change });
  }
}

/** Something to select, and the name that it has in the answer. */
export class Column {
  readonly #expression: string;
  readonly #alias: string | null;

  constructor(expression: string, alias: string | null = null) {
    this.#expression = expression;
    this.#alias = alias;
  }

  as(alias: string): Column {
    return new Column(this.#expression, alias);
  }

  /** This as a share of that; 1.0, because whole numbers divided may come out whole. */
  per(other: Column): Column {
    return new Column(`(${this.#expression} * 1.0) / ${other.#expression}`);
  }

  /** How much it has grown from one stretch of time to the next; a counter that began anew has not. */
  growth(): Column {
    return new Column(`non_negative_difference(${this.#expression})`);
  }

  toString(): string {
    return this.#alias === null ? this.#expression : `${this.#expression} AS ${identifier(this.#alias)}`;
  }
}

export const column = (name: string) => new Column(identifier(name));
export const mean = (name: string) => new Column(`mean(${identifier(name)})`);
export const sum = (name: string) => new Column(`sum(${identifier(name)})`);
export const count = (name: string) => new Column(`count(${identifier(name)})`);
export const last = (name: string) => new Column(`last(${identifier(name)})`);
export const max = (name: string) => new Column(`max(${identifier(name)})`);
export const distinct = (name: string) => new Column(`distinct(${identifier(name)})`);
/** The last value of every field whose name begins so; they come as `last_…`. */
export const lastOfAll = (prefix: string) => new Column(`last(/^${escapedRegex(prefix)}/)`);

/** Something that must hold. Conditions are made by the functions below, so that none is text from elsewhere. */
export class Condition {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export const is = (name: string, value: string) => new Condition(`${identifier(name)} = ${literal(value)}`);
export const isOneOf = (name: string, values: readonly string[]) =>
  new Condition(`${identifier(name)} =~ /^(${values.map(escapedRegex).join("|")})$/`);
export const isNoneOf = (name: string, values: readonly string[]) =>
  new Condition(`${identifier(name)} !~ /^(${values.map(escapedRegex).join("|")})$/`);
export const beginsWith = (name: string, beginnings: readonly string[]) =>
  new Condition(`${identifier(name)} =~ /^(${beginnings.map(escapedRegex).join("|")})/`);
export const either = (...conditions: readonly Condition[]) =>
  new Condition(`(${conditions.map(String).join(" OR ")})`);
/** Is among what was picked in the dashboard's variable of this name: one, several, or all. */
export const picked = (name: string, variable: string = name) =>
  new Condition(`${identifier(name)} =~ /^${variableAsRegex(variable)}$/`);
/** Is what was picked, twice over. Only "all" can be that, where no value is the same text twice. */
export const pickedTwice = (name: string, variable: string) =>
  new Condition(`${identifier(name)} =~ /^(${variableAsRegex(variable)}){2}$/`);
/** The dashboard's or the rule's time range. Grafana fills it in. */
export const TIME = new Condition("$timeFilter");
/** From so long before the range's end to its end. */
export const endOfRange = (duration: string) =>
  new Condition(`time > ${endOfRangeMs} - ${checkedDuration(duration)} AND time <= ${endOfRangeMs}`);
/** So long before the range begins. */
export const beforeRange = (duration: string) =>
  new Condition(`time >= ${startOfRangeMs} - ${checkedDuration(duration)} AND time < ${startOfRangeMs}`);

// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
const endOfRangeMs = "${__to}ms";
// biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own notation.
const startOfRangeMs = "${__from}ms";
/** `:regex` escapes what was picked, joins several with `|` in brackets, and leaves "all" as its `.*`. */
export const variableAsRegex = (variable: string) => {
  if (!/^\w+$/.test(variable)) throw new RangeError(`no variable: ${variable}`);
  return `\${${variable}:regex}`;
};

/** `"…"`: a measurement, tag or field. */
export const identifier = (name: string) => `"${escaped(name, '"')}"`;
/** `'…'`: a text to compare with. */
export const literal = (value: string) => `'${escaped(value, "'")}'`;

/** https://docs.influxdata.com/influxdb/v1/query_language/spec/: `\`, the quote and line breaks are escaped by `\`. */
function escaped(text: string, quote: string): string {
  // Grafana would take it for one of its variables, and has no way to write it otherwise.
  if (text.includes("$")) throw new RangeError(`Grafana cannot carry a $: ${text}`);
  return text.replaceAll("\\", "\\\\").replaceAll(quote, `\\${quote}`).replaceAll("\n", "\\n");
}

const escapedRegex = (text: string) => text.replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

function checkedDuration(duration: string): string {
  if (!/^\d+(ms|s|m|h|d|w)$/.test(duration)) throw new RangeError(`no duration: ${duration}`);
  return duration;
}
