import { expect } from "vitest";
import type { Published } from "../day.ts";
import type { Series, Situation } from "../grafana.ts";

/** What a panel was answered, and the time it asked for. */
export interface Answer {
  readonly series: Readonly<Record<string, readonly Series[]>>;
  readonly from: number;
  readonly to: number;
  /** Milliseconds of a point, where there are points. */
  readonly every: number;
}

/** Looks whether an answer is what follows from what was published. */
export type Check = (answer: Answer, published: readonly Published[]) => void;

/** A panel's expectations: in which situations it is asked, and what must come. */
export type Expected = Readonly<Record<string, readonly (readonly [Situation, Check])[]>>;

/** Which messages are meant. */
export interface Filter {
  readonly what: string;
  readonly site?: string;
  readonly room?: string;
  readonly from?: number;
  readonly to?: number;
  readonly where?: (message: Published) => boolean;
}

export const find = (published: readonly Published[], filter: Filter): readonly Published[] =>
  published
    .filter(
      (message) =>
        message.what === filter.what &&
        (filter.site === undefined || message.site === filter.site) &&
        (filter.room === undefined || message.room === filter.room) &&
        (filter.from === undefined || message.time >= filter.from) &&
        (filter.to === undefined || message.time <= filter.to) &&
        (filter.where?.(message) ?? true),
    )
    .toSorted((a, b) => a.time - b.time);

/** A value of a payload, nested ones by `targets.board`; undefined where there is none, as for a null. */
export function saidBy({ body }: Published, path: string): unknown {
  let value: unknown = body;
  for (const step of path.split(".")) value = (value as Record<string, unknown> | null)?.[step];
  return value ?? undefined;
}

export const values = (messages: readonly Published[], path: string): number[] =>
  messages.map((message) => saidBy(message, path)).filter((value) => typeof value === "number");

/** The functions that panels sum up with, over messages; null where nothing is known, never zero. */
export type Summary = (messages: readonly Published[]) => unknown;
export const mean =
  (path: string): Summary =>
  (messages) => {
    const known = values(messages, path);
    return known.length === 0 ? null : known.reduce((total, value) => total + value, 0) / known.length;
  };
export const count =
  (path: string): Summary =>
  (messages) =>
    values(messages, path).length || null;
export const sum =
  (path: string): Summary =>
  (messages) =>
    values(messages, path).reduce((total, value) => total + value, 0);
export const max =
  (path: string): Summary =>
  (messages) => {
    const known = values(messages, path);
    return known.length === 0 ? null : Math.max(...known);
  };
export const last =
  (path: string): Summary =>
  (messages) =>
    messages.map((message) => saidBy(message, path)).findLast((value) => value !== undefined) ?? null;

/** One row, of a whole range, with these columns. */
export function expectFigures(
  series: readonly Series[] | undefined,
  messages: readonly Published[],
  columns: Readonly<Record<string, Summary>>,
): void {
  expect(series).toHaveLength(1);
  expect(series![0]!.rows).toHaveLength(1);
  expectRow(series![0]!.rows[0]!, columns, messages);
}

/** A row for every stretch of time, those without messages too; and nothing at all where there are none. */
export function expectCourse(
  series: Series | undefined,
  messages: readonly Published[],
  { from, to, every }: Answer,
  columns: Readonly<Record<string, Summary>>,
  empty: "null" | "none" | "0" = "null",
): void {
  expect(messages.length, "this situation is to have messages").toBeGreaterThan(0);
  const stretches = new Map<number, Published[]>();
  for (let begin = Math.floor(from / every) * every; begin <= to; begin += every) stretches.set(begin, []);
  for (const message of messages) stretches.get(Math.floor(message.time / every) * every)!.push(message);
  const wanted = [...stretches].filter(
    ([, inside]) => empty !== "none" || Object.values(columns).some((column) => column(inside) !== null),
  );
  expect(series, "a series").toBeDefined();
  expect(series!.columns).toEqual(["time", ...Object.keys(columns)]);
  expect(series!.rows.map(({ time }) => time)).toEqual(wanted.map(([begin]) => begin));
  for (const [index, [, inside]] of wanted.entries())
    expectRow(series!.rows[index]!, columns, inside, empty === "0" ? 0 : null);
}

/** A course for each combination of these tags (their values with a space between), and no more. */
export function expectCourses(
  series: readonly Series[] | undefined,
  tags: readonly string[],
  groups: Readonly<Record<string, readonly Published[]>>,
  answer: Answer,
  columns: Readonly<Record<string, Summary>>,
  empty: "null" | "0" = "null",
): void {
  const name = (one: Series) => tags.map((tag) => one.tags[tag]).join(" ");
  expect(series?.map(name).toSorted()).toEqual(Object.keys(groups).toSorted());
  for (const [value, messages] of Object.entries(groups))
    expectCourse(
      series!.find((one) => name(one) === value),
      messages,
      answer,
      columns,
      empty,
    );
}

export function groupBy(
  messages: readonly Published[],
  key: (message: Published) => string,
): Record<string, Published[]> {
  const groups: Record<string, Published[]> = {};
  for (const message of messages) {
    groups[key(message)] ??= [];
    groups[key(message)]!.push(message);
  }
  return groups;
}

function expectRow(
  row: Readonly<Record<string, unknown>>,
  columns: Readonly<Record<string, Summary>>,
  messages: readonly Published[],
  empty: unknown = null,
): void {
  for (const [name, summary] of Object.entries(columns)) {
    const wanted = summary(messages) ?? empty;
    // InfluxDB adds in another order.
    if (typeof wanted === "number") expect(row[name], name).toBeCloseTo(wanted, 9);
    else expect(row[name], name).toEqual(wanted);
  }
}
