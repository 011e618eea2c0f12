import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import {
  AnnotationQueryBuilder,
  QueryVariableBuilder,
  type VariableModel,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import {
  type Condition,
  column,
  distinct,
  either,
  from,
  identifier,
  is,
  picked,
  pickedTwice,
  type Select,
  TIME,
  variableAsRegex,
} from "./influxql.ts";
import { COLOURS } from "./look.ts";
import { SOURCE } from "./target.ts";

/** What people pick from at the top of a page, and how queries hold to it. */

interface Pick {
  readonly name: string;
  readonly label: string;
  readonly says: string;
  readonly query: string;
  readonly several?: boolean;
  readonly all?: boolean;
}

const variable = ({
  name,
  label,
  says,
  query,
  several = false,
  all = false,
}: Pick): Builder<VariableModel> => {
  const built = new QueryVariableBuilder(name)
    .label(label)
    .description(says)
    .datasource(SOURCE)
    .query({ refId: `variable-${name}`, query, rawQuery: true })
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(several)
    .includeAll(all);
  // Not the sum of all that are listed: with many rooms it would be longer than a query may be.
  if (all)
    built.allValue(".*").current({ text: several ? ["All"] : "All", value: several ? ["$__all"] : "$__all" });
  return built;
};

const tagValues = (measurement: string, tag: string, where = "") =>
  `SHOW TAG VALUES FROM ${identifier(measurement)} WITH KEY = ${identifier(tag)}${where}`;

export const siteFrom = (measurement: string, several = false) =>
  variable({
    name: "site",
    label: "School",
    says: "The school or building, as the gateways call it.",
    query: tagValues(measurement, "site"),
    several,
    all: several,
  });

export const roomFrom = (measurement: string, several = false) =>
  variable({
    name: "room",
    label: "Room",
    says: "The room, as its gateway calls it.",
    query: tagValues(measurement, "room", ` WHERE ${identifier("site")} =~ /^${variableAsRegex("site")}$/`),
    several,
    all: several,
  });

export const lessonOf = variable({
  name: "lesson",
  label: "Lesson",
  says: "The lesson's name, if the class was told one. All: everything in the time that is shown.",
  query: String(from("focus").select(distinct("lesson")).where(picked("site"), picked("room"), TIME)),
  all: true,
});

/** In the room, or rooms, that were picked, and in the time that is shown. */
export const HERE: readonly Condition[] = [picked("site"), picked("room"), TIME];

/**
 * Of the lesson that was picked. A window without a lesson has no such field, and InfluxQL finds nothing in what is not
 * there, not even by `.*`. "All" is to find it nevertheless: of the qualities, which every window has, none is the same
 * text twice over, so that only `.*` fits there.
 */
export const OF_LESSON: Condition = either(picked("lesson"), pickedTwice("quality", "lesson"));

/** Marks, drops and recoveries, and changes of activity, as lines through every chart over time. */
export const annotations = [
  annotation("Marks", COLOURS.quiet, "mark", "text"),
  annotation("Focus dropped", COLOURS.strong, "focus_drop", "kind"),
  annotation("Focus came back", COLOURS.fine, "focus_recovered", "kind"),
  annotation("Suggested", COLOURS.mild, "suggestion", "text"),
  annotation("Activity", COLOURS.unknown, "activity", "activity"),
];

function annotation(name: string, colour: string, kind: string, text: string): AnnotationQueryBuilder {
  const columns = [...new Set([text, "kind"])].map(column);
  const query: Select = from("event")
    // `count` is in every event; a row of which only tags are asked for would not come.
    .select(...columns, column("count"))
    .where(is("kind", kind), ...HERE);
  const target = {
    refId: name,
    datasource: SOURCE,
    rawQuery: true,
    fromAnnotations: true,
    resultFormat: "table",
    query: String(query),
    titleColumn: "kind",
    textColumn: text,
    _implementsDataqueryVariant() {},
  };
  return new AnnotationQueryBuilder()
    .name(name)
    .datasource(SOURCE)
    .enable(true)
    .hide(false)
    .iconColor(colour)
    .target({ build: () => target });
}
