import type { Select } from "../influxql.ts";
import { SOURCE } from "../target.ts";

/** An alert rule: what is asked, how the answers become one number a room, and when that number is too much. */
export interface Rule {
  readonly uid: string;
  readonly title: string;
  /** Who is told. What is about a class goes to its teacher and to nobody else. */
  readonly audience: "it" | "teacher";
  readonly severity: "critical" | "warning" | "info";
  /** Only while school is on: machines may be off at night. */
  readonly schoolHours?: boolean;
  /** What is wrong, and what to do. `{{ $labels.room }}` is the room. */
  readonly summary: string;
  readonly advice: string;
  /** Questions, by the letter that expressions call them by. */
  readonly ask: Readonly<Record<string, Question>>;
  /** Expressions, in order; the last one is the condition. */
  readonly compute: Readonly<Record<string, Expression>>;
  /** How long it must hold. */
  readonly holds: string;
  /** What it means that there is not one row for anybody. */
  readonly noData: "OK" | "Alerting";
  /** What it means that the database does not answer. */
  readonly noAnswer: "OK" | "Alerting";
  /** The page, and the panel on it by its title, where one sees more. */
  readonly see: { readonly page: string; readonly panel: string };
}

export interface Question {
  readonly query: Select;
  /** From so many seconds ago, to so many. */
  readonly seconds: number;
  readonly until?: number;
}

export type Expression =
  | { readonly reduce: string; readonly to: "last" | "min" | "sum" }
  | { readonly math: string }
  | { readonly of: string; readonly above: number }
  | { readonly of: string; readonly below: number };

/** Where a rule's "see more" leads. */
export type Place = (see: Rule["see"]) => { readonly dashboardUid: string; readonly panelId: number };

/** As Grafana's provisioning files have it: https://grafana.com/docs/grafana/latest/alerting/set-up/provision-alerting-resources/file-provisioning/ */
export function provisioned(rule: Rule, place: Place): object {
  const condition = Object.keys(rule.compute).at(-1);
  return {
    uid: rule.uid,
    title: rule.title,
    condition,
    data: [
      ...Object.entries(rule.ask).map(([refId, question]) => asked(refId, question)),
      ...Object.entries(rule.compute).map(([refId, expression]) => computed(refId, expression)),
    ],
    ...place(rule.see),
    noDataState: rule.noData,
    execErrState: rule.noAnswer,
    for: rule.holds,
    annotations: { summary: rule.summary, description: rule.advice },
    labels: {
      source: "focus-gateway",
      audience: rule.audience,
      severity: rule.severity,
      hours: rule.schoolHours ? "school" : "any",
    },
    isPaused: false,
  };
}

const asked = (refId: string, { query, seconds, until = 0 }: Question) => ({
  refId,
  relativeTimeRange: { from: seconds, to: until },
  datasourceUid: SOURCE.uid,
  model: {
    refId,
    datasource: SOURCE,
    rawQuery: true,
    resultFormat: "time_series",
    query: String(query),
    intervalMs: 1000,
    maxDataPoints: 43200,
  },
});

const computed = (refId: string, expression: Expression) => ({
  refId,
  datasourceUid: "__expr__",
  model: {
    refId,
    datasource: { type: "__expr__", uid: "__expr__" },
    ...modelOf(expression),
  },
});

function modelOf(expression: Expression): object {
  if ("reduce" in expression)
    // Stretches of time without a number are left out; a strict reduction would be no number, and that counts as firing.
    return {
      type: "reduce",
      expression: expression.reduce,
      reducer: expression.to,
      settings: { mode: "dropNN" },
    };
  if ("math" in expression) return { type: "math", expression: expression.math };
  const [type, bound] = "above" in expression ? ["gt", expression.above] : ["lt", expression.below];
  return {
    type: "threshold",
    expression: expression.of,
    conditions: [{ evaluator: { type, params: [bound] } }],
  };
}

/** Grafana replaces `$NAME` in provisioning files by the environment's; `$$` is a dollar. Not so in dashboards. */
export function withDollarsDoubled<T>(value: T): T {
  if (typeof value === "string") return value.replaceAll("$", "$$$$") as T;
  if (Array.isArray(value)) return value.map(withDollarsDoubled) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, withDollarsDoubled(inner)]),
  ) as T;
}
