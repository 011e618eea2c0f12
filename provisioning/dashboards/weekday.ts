import type { DataTransformerConfig } from "@grafana/grafana-foundation-sdk/dashboard";

/**
 * Turns two answers with the same rows, A and B, into a table of weekdays by hours. InfluxQL knows no weekday: so A's times
 * are written as weekdays, B's as hours, and the two are laid side by side and summed up.
 */
export const weekdayByHour: readonly DataTransformerConfig[] = [
  format("A", "E ddd"),
  format("B", "HH:00"),
  only("A", { Time: "weekday", focus: "focus" }, {}),
  only("B", { Time: "hour" }, { focus: true }),
  { id: "concatenate", options: { frameNameMode: "drop" } },
  {
    id: "groupBy",
    options: {
      fields: {
        weekday: { operation: "groupby", aggregations: [] },
        hour: { operation: "groupby", aggregations: [] },
        focus: { operation: "aggregate", aggregations: ["mean"] },
      },
    },
  },
  // Columns come in the order in which they are met, so by hour first; then the rows.
  { id: "sortBy", options: { sort: [{ field: "hour" }] } },
  {
    id: "groupingToMatrix",
    options: { columnField: "hour", rowField: "weekday", valueField: "focus (mean)", emptyValue: "null" },
  },
  { id: "sortBy", options: { sort: [{ field: "weekday\\hour" }] } },
];

function format(refId: string, outputFormat: string) {
  return {
    id: "formatTime",
    filter: { id: "byRefId", options: refId },
    options: { timeField: "Time", outputFormat, useTimezone: true },
  };
}

function only(refId: string, renameByName: Record<string, string>, excludeByName: Record<string, boolean>) {
  return {
    id: "organize",
    filter: { id: "byRefId", options: refId },
    options: { renameByName, excludeByName },
  };
}
