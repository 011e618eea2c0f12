import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import type { Select } from "./influxql.ts";

/** The one data source, by the uid that `grafana/datasources/focus.yaml` gives it. */
export const SOURCE: DataSourceRef = { type: "influxdb", uid: "focus-influxdb" };

/** What Grafana's InfluxDB data source keeps of a query in InfluxQL. The SDK has no type for it. */
export interface InfluxTarget extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: "time_series" | "table";
  readonly alias?: string;
}

type Shape = { readonly refId?: string; readonly alias?: string };

/** Numbers over time, a series for each column and tag. `alias`: `$col`, `$tag_room`, or plain words. */
export const series = (query: Select, { refId = "A", alias = "$col" }: Shape = {}): Builder<Dataquery> =>
  target({ refId, alias, query: String(query), resultFormat: "time_series" });

/** Rows. */
export const rows = (query: Select, { refId = "A" }: Shape = {}): Builder<Dataquery> =>
  target({ refId, query: String(query), resultFormat: "table" });

function target(about: Pick<InfluxTarget, "refId" | "alias" | "query" | "resultFormat">): Builder<Dataquery> {
  const built: InfluxTarget = {
    ...about,
    datasource: SOURCE,
    rawQuery: true,
    // The SDK's mark of a query; JSON leaves it out.
    _implementsDataqueryVariant() {},
  };
  return { build: () => built };
}
