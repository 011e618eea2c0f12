import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  type DataTransformerConfig,
  type DynamicConfigValue,
  type Threshold,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { COLOURS, mapUnknown, UNKNOWN } from "./look.ts";
import { SOURCE } from "./target.ts";

/** What every panel has to say for itself. */
export interface About {
  readonly title: string;
  /** In plain words: what is shown, how it was summed up, and what an empty place means. */
  readonly says: string;
  readonly unit: string;
  readonly targets: readonly Builder<Dataquery>[];
  /** In twenty-fourths of the page. */
  readonly width: number;
  /** In rows of 30 pixels. */
  readonly height: number;
  /** Instead of a value, where there is none. */
  readonly none?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly mappings?: readonly ValueMapping[];
  readonly transformations?: readonly DataTransformerConfig[];
  /** Ends now and began so long ago, whatever the page's range: `2m`. */
  readonly since?: string;
  /** The page's range, so much earlier: `1w`. */
  readonly earlier?: string;
  /** The shortest stretch of time that `$__interval` may become: `10s`. */
  readonly interval?: string;
  /** Lines of a threshold, from the first upwards: `[[null, blue], [1000, orange]]`. */
  readonly steps?: readonly (readonly [number | null, string])[];
  /** Colour, and if need be more, of the columns by their name. */
  readonly colours?: Readonly<Record<string, string>>;
  readonly fields?: Readonly<Record<string, readonly DynamicConfigValue[]>>;
}

/** What the builders of all kinds of panels have in common. They return themselves, each its own kind. */
interface Common {
  title(text: string): unknown;
  description(text: string): unknown;
  unit(unit: string): unknown;
  datasource(source: DataSourceRef): unknown;
  targets(targets: Builder<Dataquery>[]): unknown;
  span(width: number): unknown;
  height(height: number): unknown;
  noValue(text: string): unknown;
  decimals(decimals: number): unknown;
  min(min: number): unknown;
  max(max: number): unknown;
  mappings(mappings: ValueMapping[]): unknown;
  transformations(transformations: DataTransformerConfig[]): unknown;
  timeFrom(duration: string): unknown;
  timeShift(duration: string): unknown;
  hideTimeOverride(hide: boolean): unknown;
  interval(interval: string): unknown;
  thresholds(thresholds: ThresholdsConfigBuilder): unknown;
  overrideByName(name: string, properties: DynamicConfigValue[]): unknown;
}

/** Tells the builder of a panel what every kind of panel is told. */
export function dress<P extends Common>(panel: P, about: About): P {
  panel.title(about.title);
  panel.description(about.says);
  panel.unit(about.unit);
  panel.datasource(SOURCE);
  panel.targets([...about.targets]);
  panel.span(about.width);
  panel.height(about.height);
  panel.noValue(about.none ?? UNKNOWN);
  panel.mappings([...(about.mappings ?? mapUnknown(about.none))]);
  panel.thresholds(thresholds(about.steps ?? [[null, COLOURS.focus]]));
  if (about.decimals !== undefined) panel.decimals(about.decimals);
  if (about.min !== undefined) panel.min(about.min);
  if (about.max !== undefined) panel.max(about.max);
  if (about.transformations) panel.transformations([...about.transformations]);
  if (about.interval) panel.interval(about.interval);
  if (about.since) {
    panel.timeFrom(about.since);
    panel.hideTimeOverride(true);
  }
  if (about.earlier) panel.timeShift(about.earlier);
  const names = new Set([...Object.keys(about.colours ?? {}), ...Object.keys(about.fields ?? {})]);
  for (const name of names) {
    const colour = about.colours?.[name];
    panel.overrideByName(name, [
      ...(colour ? [{ id: "color", value: { mode: "fixed", fixedColor: colour } }] : []),
      ...(about.fields?.[name] ?? []),
    ]);
  }
  return panel;
}

function thresholds(steps: readonly (readonly [number | null, string])[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(([value, color]): Threshold => ({ value: value as number, color })));
}
